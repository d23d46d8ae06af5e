// The task of thumbnails.ts: a library in WebAssembly reads, resizes and writes the pictures.

import { PhotonImage, resize, SamplingFilter } from "@silvia-odwyer/photon-node";
import { task } from "../mod.ts";

export interface Picture {
  /** A file in JPEG, PNG, GIF or WebP. */
  readonly bytes: Uint8Array;
  /** Longest side of the thumbnail, in pixels. */
  readonly size: number;
}

export interface Thumbnail {
  readonly width: number;
  readonly height: number;
  /** A file in JPEG. */
  readonly bytes: Uint8Array;
}

const JPEG_QUALITY = 80;

/** Makes a small picture of a large one, with the same proportions; never a larger one. */
export const makeThumbnail = task({
  f: ({ bytes, size }: Picture): Thumbnail => {
    const picture = PhotonImage.new_from_byteslice(bytes);
    const [fullWidth, fullHeight] = [picture.get_width(), picture.get_height()];
    const scale = Math.min(1, size / Math.max(fullWidth, fullHeight));
    const width = Math.max(1, Math.round(fullWidth * scale));
    const height = Math.max(1, Math.round(fullHeight * scale));
    const small = resize(picture, width, height, SamplingFilter.Lanczos3);
    const thumbnail = { width, height, bytes: small.get_bytes_jpeg(JPEG_QUALITY) };
    // Memory of WebAssembly is not collected.
    picture.free();
    small.free();
    return thumbnail;
  },
});
