/**
 * Calls as spans of OpenTelemetry, whose context goes to workers. `@opentelemetry/api` is not needed to install or
 * import this: pass the one that the program has.
 *
 * @module
 */

export {
  contextStore,
  type OtelApi,
  type OtelSpan,
  type OtelTracer,
  type SpanOptions,
  tracedCalls,
} from "./src/telemetry/opentelemetry.ts";
