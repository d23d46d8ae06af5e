#!/usr/bin/env node
/**
 * The `knitting` command: `npx knitting doctor`, or `deno run -A jsr:@vixeny/knitting/cli doctor`.
 *
 * It says what the machine offers, and tries out pools of every kind. `--help` tells the rest.
 *
 * @module
 */

import { runCommand } from "./src/cli/command.ts";

await runCommand();
