// A container without an image: folders of this system, and the project, in an empty root.

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findRuntime, type RuntimeName } from "../../scripts/runtimes.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** In a mount namespace of its own, because podman does not like both generations of cgroups at once. */
const APART = [
  "unshare",
  "--mount",
  "sh",
  "-c",
  'umount /sys/fs/cgroup/unified 2> /dev/null; exec "$@"',
  "sh",
];

const PODMAN = [
  "podman",
  "--cgroup-manager=cgroupfs",
  "--runtime=crun",
  "run",
  "--rm",
  "--network=none",
  "--ulimit=nofile=1024:1024",
  "--ulimit=nproc=4096:4096",
];

/** Where a runtime really is. */
export function programOf(runtime: RuntimeName): string {
  return realpathSync(findRuntime(runtime).path);
}

/** The words before a command that is to run in a container with this root; what users would write. */
function words(root: string, runtime: RuntimeName): string[] {
  const folder = dirname(programOf(runtime));
  return [
    ...APART,
    ...PODMAN,
    "--ipc=host",
    ...["/usr", folder].flatMap((path) => ["-v", `${path}:${path}:ro`]),
    "-v",
    `${PROJECT}:${PROJECT}:ro`,
    "-w",
    PROJECT,
    "-e",
    "KNITTING_PROCESS_WORKER",
    "-e",
    "KNITTING_PROCESS_WORKER_BOOT",
    "--rootfs",
    root,
  ];
}

/** Gives `body` the words; removes the root afterwards. */
export async function withContainer(
  runtime: RuntimeName,
  body: (words: string[]) => Promise<void>,
): Promise<void> {
  const root = makeRoot();
  try {
    await body(words(root, runtime));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function makeRoot(): string {
  const root = mkdtempSync("/var/tmp/knitting-root-");
  for (const name of ["usr", "etc", "proc", "sys", "dev", "tmp", "run"]) {
    mkdirSync(join(root, name));
  }
  for (const name of ["bin", "lib", "lib64"]) symlinkSync(`usr/${name}`, join(root, name));
  return root;
}

/** Why there are no containers here; `false` if there are. */
export function noContainers(): string | false {
  const root = makeRoot();
  try {
    const [program, ...args] = [...words(root, "node"), "true"];
    const { status, stderr, error } = spawnSync(program!, args, {
      encoding: "utf8",
      timeout: 20_000,
    });
    return status !== 0 && `podman does not work here: ${(stderr || `${error}`).slice(0, 200)}`;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
