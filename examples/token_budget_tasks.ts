// The task of token_budget.ts.

import { encode } from "gpt-tokenizer/encoding/cl100k_base";
import { task } from "../mod.ts";

export interface Message {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

export interface Fitted {
  readonly messages: readonly Message[];
  /** How many there were, and how many are left. */
  readonly tokensBefore: number;
  readonly tokens: number;
}

/** What a chat format adds to each message. */
const TOKENS_AROUND = 4;

/** Leaves out the oldest messages until the chat fits into `budget` tokens; instructions stay. */
export const fitChat = task({
  f: ({ messages, budget }: { messages: readonly Message[]; budget: number }): Fitted => {
    const costs = messages.map(({ content }) => encode(content).length + TOKENS_AROUND);
    const tokensBefore = costs.reduce((sum, cost) => sum + cost, 0);
    let tokens = tokensBefore;
    let stillDropping = true;
    const kept = messages.filter(({ role }, index) => {
      stillDropping = stillDropping && tokens > budget;
      if (role === "system" || !stillDropping) return true;
      tokens -= costs[index]!;
      return false;
    });
    return { messages: kept, tokensBefore, tokens };
  },
});
