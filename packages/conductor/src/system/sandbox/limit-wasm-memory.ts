/** Room for the engine itself and for what it copies in and out, beside what an expression may hold. */
const ENGINE_BYTES = 64 * 1024 * 1024;
const PAGE_BYTES = 65_536;

interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(this: WasmMemory, pages: number): number;
}
/** TypeScript knows it only together with a browser's document. */
declare const WebAssembly: { readonly Memory: { readonly prototype: WasmMemory } };

// eslint-disable-next-line @typescript-eslint/unbound-method -- called with the memory that is to grow
const { grow } = WebAssembly.Memory.prototype;

/**
 * No wasm memory of this thread grows beyond the limit from now on; its engine is told that memory is out. A limit of
 * V8's heap does not count wasm memory, and jq has no limit of its own.
 */
export function limitWasmMemory(expressionBytes: number): void {
  const maxBytes = expressionBytes + ENGINE_BYTES;
  WebAssembly.Memory.prototype.grow = function (pages) {
    if (this.buffer.byteLength + pages * PAGE_BYTES > maxBytes) throw new RangeError("memory limit");
    return grow.call(this, pages);
  };
}
