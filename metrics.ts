/**
 * The numbers of a pool for other programs: what Prometheus reads.
 *
 * @example
 * ```ts
 * import { createPool, isMain } from "@vixeny/knitting";
 * import { prometheusText } from "@vixeny/knitting/metrics";
 *
 * export const square = (n: number) => n * n;
 *
 * if (isMain) {
 *   await using pool = createPool({ metrics: true })({ square });
 *   await pool.call.square(8);
 *   console.log(prometheusText(pool.stats()));
 * }
 * ```
 *
 * @module
 */

export { type PrometheusOptions, prometheusText } from "./src/telemetry/prometheus.ts";
