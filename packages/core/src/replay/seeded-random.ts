/**
 * Random numbers that are the same on every replay: a small counter-based generator (splitmix32) seeded with the
 * run id. Not for secrets.
 */
export class SeededRandom {
  private state: number;

  constructor(seed: string) {
    // FNV-1a spreads the seed's characters over 32 bits.
    let hash = 0x811c9dc5;
    for (let index = 0; index < seed.length; index++) {
      hash = Math.imul(hash ^ seed.charCodeAt(index), 0x01000193);
    }
    this.state = hash >>> 0;
  }

  /** In [0, 1). */
  next(): number {
    this.state = (this.state + 0x9e3779b9) | 0;
    let mixed = this.state ^ (this.state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 0x1_0000_0000;
  }

  /** Version 4 UUID. */
  uuid(): string {
    const digits = Array.from({ length: 32 }, () => Math.floor(this.next() * 16));
    digits[12] = 4;
    digits[16] = 8 + Math.floor(this.next() * 4);
    const text = digits.map((digit) => digit.toString(16)).join("");
    return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join(
      "-",
    );
  }
}
