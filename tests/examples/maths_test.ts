import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { isPrime } from "../../examples/big_primes_tasks.ts";
import { ROOMS } from "../../examples/physics_loop_tasks.ts";
import { randomNumbers } from "../../examples/support/random.ts";
import { outputOfBoth, withFolder } from "../support/example.ts";

describe("examples/big_primes.ts", () => {
  it("finds the primes after a power of ten", async () => {
    const printed = await outputOfBoth("big_primes", ["--digits", "6", "--span", "250"]);
    const primes: string[] = [];
    for (let n = 10 ** 6; n < 10 ** 6 + 250; n++) {
      let divisor = 2;
      while (divisor <= 1001 && n % divisor !== 0) divisor++;
      if (divisor > 1001) primes.push(`10^6 + ${n - 10 ** 6}`);
    }
    assert.deepEqual(printed.trimEnd().split("\n"), primes);
  });

  it("tells primes from composites", () => {
    const small = Array.from({ length: 100 }, (_, n) => n).filter((n) => isPrime(BigInt(n)));
    assert.equal(
      small.join(),
      "2,3,5,7,11,13,17,19,23,29,31,37,41,43,47,53,59,61,67,71,73,79,83,89,97",
    );
    assert.equal(isPrime(2n ** 521n - 1n), true, "a prime of Mersenne");
    assert.equal(isPrime(2n ** 523n - 1n), false);
    assert.equal(isPrime(825265n), false, "a number of Carmichael");
    assert.equal(isPrime(3825123056546413051n), false, "passes the test with bases up to 23");
  });
});

describe("examples/monte_carlo_pi.ts", () => {
  it("comes close to pi, and plots how", async () => {
    const printed = await outputOfBoth("monte_carlo_pi", ["--darts", "20000", "--rounds", "40"]);
    const estimate = Number(/^pi is about (\d\.\d{6}) after 800000 darts$/m.exec(printed)?.[1]);
    assert.ok(Math.abs(estimate - Math.PI) < 0.01, printed);
    const plot = printed.split("\n").slice(0, 15);
    assert.equal(plot.join("").split("●").length - 1, 64, "a point in each column");
    assert.match(plot[7]!, /^ {2}3\.141593 [─●]{64}$/);
  });

  it("has random numbers that are spread evenly, and the same for the same seed", () => {
    const counts = new Uint32Array(16);
    const random = randomNumbers(7);
    for (let i = 0; i < 160_000; i++) counts[Math.floor(random() * 16)]!++;
    for (const count of counts) assert.ok(Math.abs(count - 10_000) < 500, counts.join());
    const [one, same, other] = [randomNumbers(1), randomNumbers(1), randomNumbers(2)];
    const first = one();
    assert.equal(first, same());
    assert.notEqual(first, other());
  });
});

describe("examples/physics_loop.ts", () => {
  it("keeps all particles in the rooms, fewer of them in the right one", async () => {
    const printed = await outputOfBoth("physics_loop", ["--particles", "1100", "--steps", "300"]);
    const lines = printed.split("\n");
    const [, right, total] = /^(\d+) of (\d+) particles are in the right room/m.exec(printed)!;
    assert.equal(total, "1100");
    assert.ok(Number(right) > 0 && Number(right) < 550, printed);
    for (const [row, cells] of ROOMS.entries()) {
      assert.equal(lines[row]!.replace(/[^#]/g, " "), cells);
    }
  });
});

describe("examples/tsp.ts", () => {
  it("draws a tour that visits each city once, and is as long as it says", async () => {
    await withFolder(async (folder) => {
      const file = join(folder, "tour.svg");
      const args = ["--cities", "40", "--restarts", "10", "--svg", file];
      const printed = await outputOfBoth("tsp", args);
      const svg = readFileSync(file, "utf8");
      const path = /<path d="M([^"]*)Z"/.exec(svg)![1]!.split("L");
      const circles = [...svg.matchAll(/<circle cx="([^"]*)" cy="([^"]*)"/g)]
        .map(([, x, y]) => `${x} ${y}`);
      assert.equal(path.length, 40);
      assert.equal(new Set(path).size, 40);
      assert.deepEqual(path.toSorted(), circles.toSorted());
      const points = path.map((point) => point.split(" ").map(Number) as [number, number]);
      const length = points.reduce((sum, [x, y], index) => {
        const [nextX, nextY] = points[(index + 1) % points.length]!;
        return sum + Math.hypot(nextX - x, nextY - y);
      }, 0);
      const [, said] = /^length +(\d+\.\d)$/m.exec(printed)!;
      const [, average] = /^average +(\d+\.\d)$/m.exec(printed)!;
      assert.ok(Math.abs(length - Number(said)) < 5, `${length}, but ${said} is printed`);
      assert.ok(Number(said) < Number(average));
    });
  });
});
