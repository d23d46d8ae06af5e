/**
 * What a worker runs. Reached by URL, never imported.
 *
 * @module
 */

import { boot } from "./boot.ts";
import { connect } from "./connect.ts";

// Not awaited: Deno 2.9 keeps more than a megabyte of every worker that ends while its main module is
// still being evaluated.
void connect().then(boot);
