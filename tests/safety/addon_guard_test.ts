import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { guardAddons, hideReport } from "../../src/safety/addon_guard.ts";

/** Something like `process`, and the paths it was asked to load. */
function fakeProcess() {
  const loaded: string[] = [];
  const process = { report: {}, dlopen: (_: unknown, path: string) => loaded.push(path) };
  return { process, loaded };
}

describe("the guard of add-ons", () => {
  it("lets only through what it is told", () => {
    const { process, loaded } = fakeProcess();
    guardAddons(process, ["/lib/x.node", "/addons"]);
    const good = ["/lib/x.node", "/addons/a.node", "/addons/deep/b.node", "\\\\?\\/lib/x.node"];
    for (const path of good) process.dlopen({}, path);
    assert.deepEqual(loaded, good);
    const bad = ["/lib/y.node", "/lib/x.node2", "/addonsx", "/addons/../y.node", "", "x.node"];
    for (const path of bad) {
      assert.throws(() => process.dlopen({}, path), { code: "KNT_ERROR_PERMISSION" }, path);
    }
    assert.deepEqual(loaded, good);
  });

  it("is not fooled by a path that changes", () => {
    const { process, loaded } = fakeProcess();
    guardAddons(process, ["/lib/x.node"]);
    let times = 0;
    const path = { toString: () => times++ === 0 ? "/lib/x.node" : "/lib/y.node" };
    process.dlopen({}, path as unknown as string);
    assert.deepEqual(loaded, ["/lib/x.node"]);
  });

  it("is there for good, and once", () => {
    const { process } = fakeProcess();
    guardAddons(process, []);
    const guard = process.dlopen;
    guardAddons(process, ["/lib/x.node"]);
    assert.equal(process.dlopen, guard);
    assert.throws(() => process.dlopen = () => 0, TypeError);
    assert.throws(() => Object.defineProperty(process, "dlopen", { value: () => 0 }), TypeError);
  });

  it("needs something to guard, and says so if it cannot", () => {
    guardAddons({}, []);
    const frozen = Object.freeze(fakeProcess().process);
    assert.throws(() => guardAddons(frozen, []), { code: "KNT_ERROR_PROCESS_GUARD_INSTALL" });
  });
});

describe("the report of Node", () => {
  it("is gone for good", () => {
    const { process } = fakeProcess();
    hideReport(process);
    assert.equal(process.report, undefined);
    assert.throws(() => Object.defineProperty(process, "report", { value: {} }), TypeError);
  });
});
