/**
 * When a worker serves calls, when it looks for more, and when it sleeps.
 *
 * Hot traffic is served without ever asking the operating system: after the last call the worker
 * looks for the next one for some microseconds. Then it parks, which costs nothing and leaves its
 * event loop running; so timers and sockets of tasks work while no call is there. Under steady
 * traffic the event loop gets a turn every {@linkcode TURN_MS}.
 *
 * @module
 */

import type { Memory } from "../codec/memory.ts";
import type { DebugLog } from "../runtime/debug.ts";
import type { IdleTimers } from "../runtime/handshake.ts";
import { nextTurn } from "../runtime/threads.ts";
import { type AtomicOps, pauseFor } from "../transport/atomic.ts";
import type { ChannelConsumer } from "../transport/channel.ts";
import { type Doorbell, ITEMS, ring, ROOM } from "../transport/doorbell.ts";
import { BELL, PACE, STOP, UNSETTLED } from "../transport/layout.ts";
import { Patience } from "../transport/patience.ts";
import type { CallSignals } from "./call_signals.ts";
import type { TaskRunner } from "./task_runner.ts";

/** Fast calls served at most before the loop looks around; slow ones go one by one. */
const BATCH = 64;
/** Calls faster than this, in nanoseconds, are fast. */
const FAST_NS = 5_000;
/** While calls are fast the clock is read once in so many batches. */
const BATCHES_PER_CLOCK = 16;
/** Microtasks to let go by before sleeping, for promises of tasks to settle; and for items of streams. */
const LOOKS = 8;
const STREAM_LOOKS = 64;
/** How to look for calls after the host was woken. It may be waiting for this very processor. */
const AFTER_WAKING = { freeLooks: 0, leastMs: 0, failuresPerTrial: 64 };
/**
 * What it takes to wake the host, about. It is not the task's: if it were, a host that slept once would not
 * look for answers to it any more. What is left is never taken to be fast.
 */
const WAKING_NS = 15_000;
/** Longest time without a turn of the event loop while there is traffic. */
const TURN_MS = 2;

/** Serves the calls of one lane. */
export class WorkerLoop {
  readonly #memory: Memory;
  readonly #words: Int32Array;
  readonly #calls: ChannelConsumer;
  readonly #runner: TaskRunner;
  readonly #signals: CallSignals;
  readonly #bell: Doorbell;
  readonly #atomic: AtomicOps;
  /** How long to look for more calls at most. */
  readonly #spinMs: number;
  readonly #patience: Patience;
  readonly #patienceAfterWaking: Patience;
  /** Longest sleep. */
  readonly #parkMs: number;
  readonly #log: DebugLog | undefined;
  /** Nanoseconds a call has been taking; 0 while unknown. */
  #pace = 0;
  #batches = 0;
  #lastTurn = 0;
  #turnDue = false;
  #toldUnsettled = 0;
  #looksSoon = false;

  constructor(
    memory: Memory,
    calls: ChannelConsumer,
    runner: TaskRunner,
    signals: CallSignals,
    bell: Doorbell,
    timers: IdleTimers,
    atomic: AtomicOps,
    log: DebugLog | undefined,
  ) {
    this.#memory = memory;
    this.#words = memory.words;
    this.#calls = calls;
    this.#runner = runner;
    this.#signals = signals;
    this.#bell = bell;
    this.#atomic = atomic;
    this.#spinMs = timers.spinMicroseconds / 1000;
    const pause = pauseFor(timers.pauseNanoseconds);
    this.#patience = new Patience({ givesUp: true, pause });
    this.#patienceAfterWaking = new Patience({ ...AFTER_WAKING, pause });
    this.#parkMs = timers.parkMs;
    this.#log = log;
    runner.onLateReply = () => this.#lookSoon();
    runner.looks = this.#patience;
  }

  /** Runs until the host says stop. */
  async run(): Promise<void> {
    // SYNC stop: pairs with "SYNC stop" in Lane.askToStop; #hasWork looks again after the bell is armed.
    while (this.#atomic.load(this.#words, STOP) === 0) {
      if (this.#signals.changed) this.#signals.deliver();
      if (this.#serve() > 0) {
        if (this.#runner.unsettled > 0) await undefined;
        if (this.#turnDue) await this.#turn();
      } else if (!(this.#runner.unsettled === 0 ? this.#look() : await this.#lookAround())) {
        await this.#park();
      }
    }
    this.#runner.rests();
  }

  /** Runs what is there, up to a batch; how many calls. */
  #serve(): number {
    const { ring } = this.#calls;
    const runner = this.#runner;
    if (runner.blocked) runner.flush();
    if (runner.blocked || ring.available() <= 0) return 0;
    this.#tellUnsettled();

    const { fast } = runner;
    const timed = !fast || this.#batches % BATCHES_PER_CLOCK === 0;
    const most = fast ? BATCH : 1;
    const start = timed ? performance.now() : 0;
    let taken = 0;
    let served = 0;
    runner.replies.hasWoken = false;
    this.#memory.heard();
    do {
      // What was aborted before a call was made has heard of it when that begins.
      // SYNC publish: pairs with "SYNC publish" in Lane.#signal. RAISED is read once the call is seen.
      if (this.#signals.changed) this.#signals.deliver();
      if (runner.run(ring)) served++;
      taken++;
    } while (taken < most && !runner.blocked && ring.available() > 0);
    this.#tellUnsettled();
    runner.flush();
    this.#calls.ringForRoom();
    this.#batches++;
    if (timed && served > 0) this.#measure(start, served);
    return taken;
  }

  /** Learns how long calls take, tells the host, and sees whether a turn is due. */
  #measure(start: number, served: number): void {
    const now = performance.now();
    let perCall = Math.max(1, ((now - start) * 1e6) / served);
    if (this.#runner.replies.hasWoken) {
      perCall = Math.max(Math.min(perCall, FAST_NS), perCall - WAKING_NS / served);
    }
    const pace = this.#pace === 0 ? perCall : this.#pace + (perCall - this.#pace) / 4;
    if (Math.abs(pace - this.#pace) * 8 > this.#pace) {
      this.#atomic.store(this.#words, PACE, Math.min(pace, 0x7fffffff));
    }
    this.#pace = pace;
    this.#runner.fast = pace < FAST_NS;
    this.#turnDue = now - this.#lastTurn > TURN_MS;
  }

  async #turn(): Promise<void> {
    this.#turnDue = false;
    this.#runner.rests();
    await new Promise<void>((resolve) => nextTurn(resolve));
    this.#lastTurn = performance.now();
    this.#runner.rested = true;
  }

  /**
   * Looks for more calls for a short while; whether some came. Nobody else must wait meanwhile. After large
   * results it is longer: the host has to copy them before it makes the next call.
   */
  #look(): boolean {
    this.#runner.flush();
    if (this.#runner.blocked) return false;
    const mostMs = this.#spinMs && Math.min(TURN_MS, this.#spinMs + this.#memory.copyMs);
    return this.#runner.replies.hasWoken
      ? this.#patienceAfterWaking.lookIfHopeful(this.#anyCalls, mostMs)
      : this.#patience.look(this.#anyCalls, mostMs);
  }

  readonly #anyCalls = (): boolean => this.#calls.ring.refresh() > 0;

  /**
   * The same while tasks wait for promises: those that need no event get to settle. While replies wait
   * for room no call is taken, so none counts: the event loop must get its turn.
   */
  async #lookAround(): Promise<boolean> {
    const runner = this.#runner;
    const most = runner.streaming ? STREAM_LOOKS : LOOKS;
    for (let i = 0; i < most && runner.unsettled > 0; i++) {
      await undefined;
      if (!runner.blocked && this.#calls.ring.refresh() > 0) return true;
    }
    return runner.unsettled === 0 && this.#look();
  }

  /** Sleeps until there are calls, or room for replies that wait. */
  async #park(): Promise<void> {
    const events = this.#runner.blocked ? ROOM : ITEMS;
    this.#bell.arm(events);
    if (this.#hasWork()) return this.#bell.disarm();
    this.#runner.rests();
    this.#log?.line("signals", "idle");
    await this.#bell.wait(events, this.#parkMs);
    this.#bell.disarm();
    this.#log?.line("signals", "run");
    this.#runner.rested = true;
    this.#lastTurn = performance.now();
  }

  #hasWork(): boolean {
    if (this.#atomic.load(this.#words, STOP) !== 0 || this.#signals.changed) return true;
    if (!this.#runner.blocked) return this.#calls.ring.refresh() > 0;
    this.#runner.flush();
    return !this.#runner.blocked;
  }

  /** The host must know which calls keep this worker busy and which only wait. */
  #tellUnsettled(): void {
    const { unsettled } = this.#runner;
    if (unsettled === this.#toldUnsettled) return;
    this.#toldUnsettled = unsettled;
    // SYNC unsettled: pairs with "SYNC unsettled" in Lane.#busyWith. Stored before the next call is
    // begun: a host that sees that call begun knows which of those before it only wait.
    this.#atomic.store(this.#words, UNSETTLED, unsettled);
  }

  /** Replies have come from settled promises: at the end of the microtask, what becomes of that is seen to. */
  #lookSoon(): void {
    if (this.#looksSoon) return;
    this.#looksSoon = true;
    Promise.resolve().then(() => {
      this.#looksSoon = false;
      this.#tellUnsettled();
      this.#runner.flush();
      // The loop may sleep and wait for calls alone: it must know that it waits for room as well.
      if (this.#runner.blocked) ring(this.#words, BELL, ITEMS, this.#atomic);
    });
  }
}
