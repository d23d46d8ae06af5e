/** Numbers from 0 to below 1, the same for the same seed: the generator sfc32, by Chris Doty-Humphrey. */
export function randomNumbers(seed: number): () => number {
  let [a, b, c, counter] = [seed | 0, 0, 0, 1];
  const next = (): number => {
    const sum = (a + b + counter++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  // Until seeds that are alike have become states that are not.
  for (let round = 0; round < 15; round++) next();
  return next;
}
