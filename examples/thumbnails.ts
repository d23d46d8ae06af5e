// Makes thumbnails of pictures, and a page that shows them. Without a folder of pictures it draws some.
//
//   deno run -A examples/thumbnails.ts [folder] [--out folder] [options]

import { PhotonImage } from "@silvia-odwyer/photon-node";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createPool } from "../mod.ts";
import { run, runExample, UserError } from "./support/program.ts";
import { collect, onHost } from "./support/results.ts";
import { makeThumbnail } from "./thumbnails_tasks.ts";

const PICTURES = /\.(?:jpe?g|png|gif|webp)$/i;

interface File {
  readonly name: string;
  readonly bytes: Uint8Array;
}

await runExample({
  name: "thumbnails",
  about: "Makes thumbnails of pictures.",
  options: {
    size: { help: "longest side in pixels", default: 160, most: 2000 },
    samples: { help: "pictures to draw if there is no folder", default: 24, most: 1000 },
    out: { help: "folder for the thumbnails and a page with all of them", value: "FOLDER" },
  },
  positionals: { value: "folder", help: "where the pictures are", most: 1 },
}, async (settings) => {
  const [folder] = settings.positionals;
  const files = folder === undefined ? drawSamples(settings.samples) : readFolder(folder);
  const pictures = files.map(({ bytes }) => ({ bytes, size: settings.size }));

  const thumbnails = await run(settings, {
    host: () => collect(onHost(pictures, makeThumbnail.f), pictures.length),
    async pool() {
      // Pictures may be larger than the 8 MiB that a payload may have by default.
      const payload = { payloadMaxByteLength: 512 * 1024 ** 2 };
      const pool = createPool({ threads: settings.threads, payload })({ makeThumbnail });
      try {
        return await collect(pool.map(pictures, pool.call.makeThumbnail), pictures.length);
      } finally {
        await pool.shutdown();
      }
    },
  });

  for (const [index, { width, height, bytes }] of thumbnails.entries()) {
    const { name, bytes: { length } } = files[index]!;
    console.log(`${name}: ${length} bytes -> ${width} x ${height}, ${bytes.length} bytes`);
  }
  if (settings.out === undefined) return;
  mkdirSync(settings.out, { recursive: true });
  const names = files.map(({ name }, index) => `${index + 1}_${name}.jpg`);
  names.forEach((name, index) =>
    writeFileSync(join(settings.out!, name), thumbnails[index]!.bytes)
  );
  const images = names.map((name) => `<img src="${encodeURIComponent(name)}">`);
  writeFileSync(join(settings.out, "index.html"), `<!doctype html>\n${images.join("\n")}\n`);
  console.log(`to look at: ${join(settings.out, "index.html")}`);
});

function readFolder(folder: string): File[] {
  if (!existsSync(folder)) throw new UserError(`Cannot find the folder ${folder}`);
  const names = readdirSync(folder).filter((name) => PICTURES.test(name)).sort();
  if (names.length === 0) throw new UserError(`There are no pictures in ${folder}`);
  return names.map((name) => ({ name, bytes: readFileSync(join(folder, name)) }));
}

/** Julia sets, as files in JPEG. */
function drawSamples(count: number): File[] {
  const [width, height] = [640, 480];
  return Array.from({ length: count }, (_, index) => {
    const angle = index / count * 2 * Math.PI;
    const [real, imaginary] = [0.7885 * Math.cos(angle), 0.7885 * Math.sin(angle)];
    const pixels = new Uint8Array(width * height * 4);
    for (let pixel = 0; pixel < width * height; pixel++) {
      let x = (pixel % width - width / 2) / 200;
      let y = (Math.floor(pixel / width) - height / 2) / 200;
      let turns = 0;
      for (; turns < 50 && x * x + y * y < 4; turns++) {
        [x, y] = [x * x - y * y + real, 2 * x * y + imaginary];
      }
      pixels.set([turns * 5, turns * 3, 255 - turns * 4, 255], pixel * 4);
    }
    const picture = new PhotonImage(pixels, width, height);
    const bytes = picture.get_bytes_jpeg(90);
    picture.free();
    return { name: `sample${index + 1}.jpg`, bytes };
  });
}
