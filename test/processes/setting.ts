/** What a test tells the process it spawned. */
export function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

export function numberSetting(name: string, otherwise: number): number {
  return Number(process.env[name] ?? otherwise);
}
