/**
 * One call for each item of a source, as many at a time as the reader of the results lets it.
 *
 * @module
 */

/** What is mapped, and how. */
export interface MapSettings<Item, Result> {
  readonly source: Iterable<Item> | AsyncIterable<Item>;
  readonly call: (item: Item, signal: AbortSignal) => PromiseLike<Result>;
  /** How many items may be taken whose results have not been read. */
  readonly concurrency: number;
  /** Whether results come in the order of their items, and not as they are there. */
  readonly ordered: boolean;
  /** Ends it early. */
  readonly signal: AbortSignal | undefined;
}

/**
 * The results, as they are asked for; nothing is done before that. Whatever ends it, the source is closed
 * and calls that nobody waits for any more are aborted.
 */
export async function* mapCalls<Item, Result>(
  settings: MapSettings<Item, Result>,
): AsyncGenerator<Result, void, void> {
  settings.signal?.throwIfAborted();
  const feed = new Feed(settings);
  let failed = false;
  try {
    for (;;) {
      const outcome = feed.take();
      if (outcome !== undefined) {
        if (outcome.state === "rejected") throw outcome.value;
        yield outcome.value as Result;
      } else if (feed.isOver) return;
      else await feed.change();
    }
  } catch (error) {
    failed = true;
    throw error;
  } finally {
    const closed = feed.close();
    // As in a loop over the source: an error that closing it brings does not hide the one before.
    await (failed ? closed.catch(() => {}) : closed);
  }
}

/** What has come of one item, or of the source. */
interface Outcome {
  state: "open" | "fulfilled" | "rejected";
  value: unknown;
}

/** Takes items from the source and makes their calls. */
class Feed<Item, Result> {
  readonly #settings: MapSettings<Item, Result>;
  readonly #abort = new AbortController();
  readonly #iterator: Iterator<Item> | AsyncIterator<Item>;
  readonly #isAsync: boolean;
  /** In the order in which they are read: those of all items taken, or only those that are there. */
  readonly #outcomes: Outcome[] = [];
  /** Items taken whose outcomes have not been read. */
  #ahead = 0;
  /** Whether the source is about to give an item. */
  #taking = false;
  /** Whether nothing more is taken. */
  #stopped = false;
  /** Whether the source has ended by itself, so that it need not be closed. */
  #ended = false;
  /** An error that comes after everything else; or, if it was aborted, instead. */
  #failure: Outcome | undefined;
  #wake: () => void = () => {};
  #closed: Promise<void> | undefined;

  constructor(settings: MapSettings<Item, Result>) {
    const { source, signal } = settings;
    this.#settings = settings;
    const asyncIterator = (source as AsyncIterable<Item>)[Symbol.asyncIterator];
    this.#isAsync = asyncIterator !== undefined;
    this.#iterator = this.#isAsync
      ? (source as AsyncIterable<Item>)[Symbol.asyncIterator]()
      : (source as Iterable<Item>)[Symbol.iterator]();
    signal?.addEventListener("abort", this.#onAbort);
  }

  /** The next outcome, if it is there. */
  take(): Outcome | undefined {
    const { aborted } = this.#abort.signal;
    if (!aborted) this.#fill();
    const first = this.#outcomes[0];
    if (!aborted && first !== undefined && first.state !== "open") {
      this.#outcomes.shift();
      this.#ahead--;
      this.#fill(); // in its place
      return first;
    }
    if (!aborted && this.#ahead > 0) return undefined;
    const failure = this.#failure;
    this.#failure = undefined;
    return failure;
  }

  /** Whether there will be no more outcomes. */
  get isOver(): boolean {
    return this.#stopped && this.#ahead === 0;
  }

  /** Resolves when there may be an outcome, or none any more. */
  change(): Promise<void> {
    return new Promise((resolve) => this.#wake = resolve);
  }

  /** Takes as many items as there may be now. */
  #fill(): void {
    while (!this.#stopped && !this.#taking && this.#ahead < this.#settings.concurrency) {
      this.#taking = true;
      try {
        const step = this.#iterator.next();
        if (this.#isAsync) return this.#fillLater(step);
        this.#taken(step as IteratorResult<Item>);
      } catch (error) {
        this.#sourceFailed(error);
      }
    }
  }

  #fillLater(step: IteratorResult<Item> | Promise<IteratorResult<Item>>): void {
    void Promise.resolve(step)
      .then((step) => this.#taken(step))
      .catch((error) => this.#sourceFailed(error))
      .then(() => {
        this.#fill();
        this.#wake();
      });
  }

  #taken(step: IteratorResult<Item>): void {
    this.#taking = false;
    if (step.done) {
      this.#stopped = this.#ended = true;
    } else if (!this.#stopped) {
      this.#start(step.value);
    } else if (!this.#isAsync) {
      // It was aborted by the source, which could not be closed while it ran.
      void this.#iterator.return?.();
    }
  }

  #sourceFailed(error: unknown): void {
    this.#taking = false;
    this.#ended = true;
    if (this.#stopped) return;
    this.#stopped = true;
    this.#failure = { state: "rejected", value: error };
  }

  #start(item: Item): void {
    const { call, ordered } = this.#settings;
    const outcome: Outcome = { state: "open", value: undefined };
    this.#ahead++;
    if (ordered) this.#outcomes.push(outcome);
    const settle = (state: Outcome["state"], value: unknown): void => {
      outcome.state = state;
      outcome.value = value;
      if (!ordered) this.#outcomes.push(outcome);
      if (state === "rejected") this.#stopped = true;
      this.#wake();
    };
    let answer: PromiseLike<Result>;
    try {
      answer = call(item, this.#abort.signal);
    } catch (error) { // not a function of a pool, but somebody's own
      return settle("rejected", error);
    }
    Promise.resolve(answer).then(
      (value) => settle("fulfilled", value),
      (reason) => settle("rejected", reason),
    );
  }

  readonly #onAbort = (): void => {
    this.#failure = { state: "rejected", value: this.#settings.signal!.reason };
    this.close().catch(() => {}); // whoever reads hears of it
    this.#wake();
  };

  /** Aborts the calls that are left, and closes the source. */
  close(): Promise<void> {
    return this.#closed ??= this.#close();
  }

  async #close(): Promise<void> {
    this.#stopped = true;
    this.#settings.signal?.removeEventListener("abort", this.#onAbort);
    this.#abort.abort();
    if (this.#ended || (this.#taking && !this.#isAsync)) return;
    const closed = Promise.resolve(this.#iterator.return?.());
    // A source that waits for something closes when it has got it, which may be never.
    if (this.#taking) closed.catch(() => {});
    else await closed;
  }
}
