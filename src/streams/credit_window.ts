/**
 * How far the sender of a stream may be ahead of its reader.
 *
 * Items go out without being asked for, as long as those that the reader has not read yet are few, and
 * small. The reader says how many it has read, but only where the sender asks: with an item, or after it.
 * Then it answers when it has read everything up to there.
 *
 * - W1  Counts of items are modulo 2^31, so that one fits into a word beside a bit.
 * - W2  There is one question at a time. It is asked once half of the window is unread, so that the answer
 *       is there before the sender has to wait; and at the latest when it has to wait.
 *
 * So a sender that waits has asked, and its reader answers when it has read on: nobody waits for ever.
 *
 * @module
 */

/** Items that the reader has not read, at most. */
export const WINDOW_ITEMS = 1024;
/** With so many bytes unread no further item is sent; one may be larger than that. */
export const WINDOW_BYTES: number = 4 * 1024 * 1024;
/** What an item takes that lies in its slot. */
const SLOT_BYTES = 64;

const COUNT_MASK = 0x7fffffff;

/** The next count after `count`. */
export function countOn(count: number): number {
  return (count + 1) & COUNT_MASK;
}

/** The sender's side of one stream. */
export class CreditWindow {
  /** Items sent so far (W1). */
  #sent: number;
  /** Items that the reader has said it has read (W1). */
  #read: number;
  /** Bytes of the items between them. */
  #bytes = 0;
  /** The bytes of each of those items, at its count modulo the window. */
  readonly #sizes = new Int32Array(WINDOW_ITEMS);
  /** The count that the reader was asked to read up to; `undefined` if nothing is asked. */
  #askedAt: number | undefined;

  /** @param first what both sides count from */
  constructor(first = 0) {
    this.#sent = this.#read = first;
  }

  /** Items sent that the reader has not read, as far as is known. */
  get unread(): number {
    return (this.#sent - this.#read) & COUNT_MASK;
  }

  /** Whether one more item may be sent. */
  get isOpen(): boolean {
    return this.unread < WINDOW_ITEMS && this.#bytes < WINDOW_BYTES;
  }

  /** Whether the next item is to ask for an answer (W2). */
  get asksNext(): boolean {
    return this.#askedAt === undefined &&
      (this.unread + 1 >= WINDOW_ITEMS / 2 || this.#bytes >= WINDOW_BYTES / 2);
  }

  /** Whether it takes a question of its own: the last item has turned out to fill the window (W2). */
  get mustAsk(): boolean {
    return this.#askedAt === undefined && !this.isOpen;
  }

  /**
   * An item is sent.
   *
   * @param bytes what it takes beside its slot
   * @param asks whether it asks
   */
  sent(bytes: number, asks: boolean): void {
    const size = Math.min(Math.max(bytes, SLOT_BYTES), WINDOW_BYTES);
    this.#sizes[this.#sent & (WINDOW_ITEMS - 1)] = size;
    this.#bytes += size;
    this.#sent = countOn(this.#sent);
    if (asks) this.asked();
  }

  /** It is asked when everything that was sent will have been read. */
  asked(): void {
    this.#askedAt = this.#sent;
  }

  /** The reader says how many items it has read; a count that cannot be is not believed. */
  readUpTo(count: number): void {
    const more = (count - this.#read) & COUNT_MASK;
    if (more > this.unread) return;
    for (let i = 0; i < more; i++) {
      this.#bytes -= this.#sizes[this.#read & (WINDOW_ITEMS - 1)]!;
      this.#read = countOn(this.#read);
    }
    if (this.#askedAt === undefined) return;
    const ahead = (this.#askedAt - this.#read) & COUNT_MASK;
    if (ahead === 0 || ahead > this.unread) this.#askedAt = undefined;
  }
}
