// The task of big_primes.ts.

import { task } from "../mod.ts";

/** For numbers below 3.3 * 10^24 these bases leave no doubt; above, a composite passes practically never. */
const BASES = [2n, 3n, 5n, 7n, 11n, 13n, 17n, 19n, 23n, 29n, 31n, 37n, 41n];

/** The primes among `count` numbers from `first` on. */
export const primesFrom = task({
  f: ({ first, count }: { first: bigint; count: number }): bigint[] =>
    Array.from({ length: count }, (_, index) => first + BigInt(index)).filter(isPrime),
});

/** The test of Miller and Rabin. */
export function isPrime(n: bigint): boolean {
  if (n < 2n) return false;
  for (const base of BASES) if (n % base === 0n) return n === base;
  // n - 1 is odd * 2 ** twos.
  let odd = n - 1n;
  let twos = 0;
  for (; odd % 2n === 0n; odd /= 2n) twos++;
  return BASES.every((base) => {
    let power = powerModulo(base, odd, n);
    if (power === 1n || power === n - 1n) return true;
    for (let round = 1; round < twos; round++) {
      power = power * power % n;
      if (power === n - 1n) return true;
    }
    return false;
  });
}

function powerModulo(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = result * base % modulus;
    base = base * base % modulus;
  }
  return result;
}
