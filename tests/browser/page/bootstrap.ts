// What workers run before they load tasks.

interface Context {
  readonly thread: number;
  readonly runtime: string;
}

export default function prepare(data: unknown, { thread, runtime }: Context): void {
  if (data instanceof SharedArrayBuffer) Atomics.add(new Int32Array(data), 0, 1);
  Object.assign(globalThis, {
    prepared: { thread, runtime, shared: data instanceof SharedArrayBuffer },
  });
}
