// To be imported before React, which looks at this once: made for development, it is several times as slow.

import process from "node:process";

process.env["NODE_ENV"] ??= "production";
