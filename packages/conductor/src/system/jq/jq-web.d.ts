/** Ships no types. The module is a promise of jq; `raw` returns what it prints, if anything. */
declare module "jq-web" {
  const jq: Promise<{
    raw(inputJson: string, program: string, flags: readonly string[]): string | undefined;
  }>;
  export default jq;
}
