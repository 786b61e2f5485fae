/**
 * Random numbers that are the same on every replay: a small generator (sfc32) seeded with the run id. Its 128 bits
 * of state keep the sequences of many millions of runs apart, so that a `ctx.uuid()` may be used as an id.
 * Not for secrets.
 */
export class SeededRandom {
  /** Absent until something is drawn: most code never draws. */
  private state: State | undefined;

  constructor(private seed: string) {}

  /** Begins another sequence. */
  reseed(seed: string): void {
    this.seed = seed;
    this.state = undefined;
  }

  /** In [0, 1), with 53 random bits. */
  next(): number {
    const [high, low] = [this.next32() >>> 5, this.next32() >>> 6];
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /** Version 4 UUID. */
  uuid(): string {
    const words = Array.from({ length: 4 }, () => this.next32().toString(16).padStart(8, "0")).join("");
    const variant = "89ab".charAt(Math.floor(this.next() * 4));
    const parts = [
      words.slice(0, 8),
      words.slice(8, 12),
      `4${words.slice(13, 16)}`,
      `${variant}${words.slice(17, 20)}`,
      words.slice(20),
    ];
    return parts.join("-");
  }

  /** Runs something that must not change what later callers draw. */
  aside<T>(action: () => T): T {
    const state = this.state;
    try {
      return action();
    } finally {
      this.state = state;
    }
  }

  private next32(): number {
    const [drawn, next] = draw(this.state ?? seeded(this.seed));
    this.state = next;
    return drawn;
  }
}

type State = readonly [number, number, number, number];

function draw([a, b, c, counter]: State): [drawn: number, next: State] {
  const drawn = (a + b + counter) | 0;
  const next: State = [
    b ^ (b >>> 9),
    (c + (c << 3)) | 0,
    (((c << 21) | (c >>> 11)) + drawn) | 0,
    (counter + 1) | 0,
  ];
  return [drawn >>> 0, next];
}

function seeded(seed: string): State {
  let state = hash128(seed);
  // A seed with few bits set takes some rounds to spread.
  for (let round = 0; round < 15; round++) state = draw(state)[1];
  return state;
}

/** Spreads text over 128 bits (cyrb128); each step is a bijection of the state, so seeds of one length stay apart. */
function hash128(text: string): State {
  let [a, b, c, d] = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a];
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    a = b ^ Math.imul(a ^ unit, 0x239b961b);
    b = c ^ Math.imul(b ^ unit, 0xab0e9789);
    c = d ^ Math.imul(c ^ unit, 0x38b34ae5);
    d = a ^ Math.imul(d ^ unit, 0xa1e38b93);
  }
  return [a, b, c, d];
}
