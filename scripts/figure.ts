/** A number for people: three digits, and thousands apart. */
export function figure(value: number): string {
  const size = Math.abs(value);
  if (size < 99.95) return value.toFixed(size < 0.0995 ? 3 : size < 9.995 ? 2 : 1);
  return Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, " ");
}
