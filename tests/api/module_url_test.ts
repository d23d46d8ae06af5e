import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createPool, type KnittingError, setModuleUrl, task } from "../../mod.ts";
import { double, triple } from "../fixtures/compiled/mapped_tasks.js";
import { declared, hiddenTasks, undeclared } from "../fixtures/declared_module.ts";
import { errorWithCode } from "../support/waiting.ts";
import { withPool } from "../support/with_pool.ts";

const fixture = (name: string): string => new URL(`../fixtures/${name}`, import.meta.url).href;

/** Where a task says that it comes from, after setModuleUrl(url). */
function declaredAs(url: string | undefined): string {
  setModuleUrl(url);
  try {
    return task({ f: () => 1 }).importedFrom;
  } finally {
    setModuleUrl(undefined);
  }
}

describe("setModuleUrl", () => {
  it("declares the module of tasks", () => {
    assert.equal(declared.importedFrom, fixture("declared_module.ts"));
    assert.equal(undeclared.importedFrom, fixture("define_task.ts"));
  });

  it("lets workers find tasks that the call stack would look for elsewhere", async () => {
    await withPool({ declared, undeclared }, {}, async ({ call }) => {
      assert.equal(await call.declared(1), "defined elsewhere 1");
      await errorWithCode(call.undeclared(1), "KNT_ERROR_TASK");
    });
  });

  it("lets workers find definitions that are not exported", async () => {
    const [ten, hundred] = hiddenTasks();
    await withPool({ ten: ten!, hundred: hundred! }, {}, async ({ call }) => {
      assert.deepEqual(await Promise.all([call.hundred(2), call.ten(3)]), [200, 30]);
    });
  });

  it("is taken back by undefined and by an empty string", () => {
    assert.equal(declaredAs(undefined), import.meta.url);
    assert.equal(declaredAs(""), import.meta.url);
  });

  it("is not necessary where a function of the runtime's own calls", () => {
    const [definition] = [{ f: () => 1 }].map(
      task as (options: object) => { importedFrom: string },
    );
    assert.equal(definition!.importedFrom, import.meta.url);
  });

  it("is necessary where no module is on the call stack", async () => {
    // Nobody awaits the promise that calls `f`, or it would be on the stack.
    const refusal = (f: (options: never) => unknown, options: object): Promise<unknown> =>
      new Promise((resolve) => {
        Promise.resolve(options as never).then(f).catch((error) => void resolve(error));
      });
    for (const error of [await refusal(task, { f: () => 1 }), await refusal(createPool, {})]) {
      assert.equal((error as KnittingError).code, "KNT_ERROR_NO_CALLER");
      assert.match((error as KnittingError).message, /Call setModuleUrl\(/);
    }
  });

  it("is enough there", async () => {
    setModuleUrl("file:///a/b.ts");
    try {
      // Awaited when it is there: otherwise this module would be on the stack.
      const made = Promise.resolve({ f: () => 1 } as never).then(task);
      await new Promise((resolve) => setTimeout(resolve, 1));
      const definition: unknown = await made;
      assert.equal((definition as { importedFrom: string }).importedFrom, "file:///a/b.ts");
    } finally {
      setModuleUrl(undefined);
    }
  });

  it("keeps URLs and turns paths into URLs", () => {
    assert.equal(
      declaredAs("https://example.com/a%20b.ts?x#y"),
      "https://example.com/a%20b.ts?x#y",
    );
    assert.equal(declaredAs("file:///a/b.ts"), "file:///a/b.ts");
    assert.equal(declaredAs("data:text/javascript,1"), "data:text/javascript,1");
    assert.equal(declaredAs("C:\\a b\\x.ts"), "file:///C:/a%20b/x.ts");
    assert.equal(declaredAs("C:/a b/x.ts"), "file:///C:/a%20b/x.ts");
    assert.equal(declaredAs("\\\\server\\share\\x.ts"), "file://server/share/x.ts");
    assert.equal(declaredAs("/a b/x.ts"), "file:///a%20b/x.ts");
    const relative = declaredAs("x/y.ts");
    assert.ok(relative.startsWith("file:///") && relative.endsWith("/x/y.ts"), relative);
  });
});

describe("a module with a source map", () => {
  it("is the file that runs, and not the one that it was made of", () => {
    assert.equal(double.importedFrom, fixture("compiled/mapped_tasks.js"));
  });

  it("is what workers import", async () => {
    await withPool({ double, triple }, {}, async ({ call }) => {
      assert.deepEqual(await Promise.all([call.double(2), call.triple(2)]), [4, 6]);
    });
  });
});
