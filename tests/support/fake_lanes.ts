import type { InlineLane } from "../../src/pool/inline_lane.ts";
import type { Lane } from "../../src/pool/lane.ts";

/** What can be seen of a lane when calls are given out. */
export interface LaneState {
  readonly ready?: boolean;
  /** Calls it has, and how many of them wait for promises. */
  readonly inFlight?: number;
  readonly unsettled?: number;
  readonly late?: boolean;
  readonly pace?: number;
  readonly parked?: boolean;
  /** Calls besides the one that runs for which it has room. */
  readonly ahead?: number;
}

/** A lane to a worker that is as it is told to be; changed by the test alone. */
export interface FakeLane extends Lane {
  ready: boolean;
  inFlight: number;
  unsettled: number;
  late: boolean;
  pace: number;
  parked: boolean;
}

/** An idle lane, but for what is said. */
export function fakeLane(state: LaneState = {}): FakeLane {
  const { ahead = 1 } = state;
  const lane = {
    ready: true,
    inFlight: 0,
    unsettled: 0,
    late: false,
    isLateSince: (): void => void (lane.late = true),
    quiet: true,
    unbegun: 0,
    get awaited(): boolean {
      return lane.inFlight > 0;
    },
    pace: 0,
    parked: false,
    memory: { copyMs: 0 },
    isFree: (): boolean => lane.inFlight - lane.unsettled <= 0,
    hasRoom: (): boolean =>
      lane.isFree() || (!lane.late && lane.inFlight - lane.unsettled <= ahead),
    ...state,
  };
  return lane as unknown as FakeLane;
}

/** An inline lane for tasks below `imported`, with so many calls waiting to be begun. */
export function fakeInline(
  { position = "last", waiting = 0, batchSize = 1, threshold = 1, imported = Infinity }: {
    readonly position?: "first" | "last";
    readonly waiting?: number;
    readonly batchSize?: number;
    readonly threshold?: number;
    readonly imported?: number;
  } = {},
): InlineLane {
  const lane = {
    ready: true,
    position,
    inFlight: waiting,
    accepts: (task: number, open: number): boolean => task < imported && open >= threshold,
    isFree: (): boolean => waiting === 0,
    hasRoom: (): boolean => waiting < batchSize,
  };
  return lane as unknown as InlineLane;
}
