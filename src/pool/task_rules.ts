/**
 * What a task declares about its calls, checked: what the host has to know to run them.
 *
 * @module
 */

/** The rules of one task. */
export interface TaskRules {
  /** How long a call may take; `undefined` for as long as it likes. */
  readonly limit: TimeLimit | undefined;
  /** Whether calls are made again when their worker died; `undefined` for never. */
  readonly retry: Retry | undefined;
  /** Whether only workers may load the function: its calls never run on the host. */
  readonly imported: boolean;
}

/** How long a call may take, from the call on, and what becomes of it then. */
export interface TimeLimit {
  /** Milliseconds: 0 or more, finite, not always whole. */
  readonly ms: number;
  readonly outcome: TimeoutOutcome;
}

/** How often a call is made whose worker dies before it answers. */
export interface Retry {
  /** At most so often, the first time included. */
  readonly attempts: number;
  /** Milliseconds before the second time; twice as many before each further one. */
  readonly backoffMs: number;
}

/** How a call settles that took too long. */
export type TimeoutOutcome =
  /** It rejects with an error of the library. */
  | { readonly kind: "error" }
  | { readonly kind: "reject"; readonly reason: unknown }
  | { readonly kind: "resolve"; readonly value: unknown };
