import { isJsonMap } from "../definition/json-bean.js";

const elementsOf = (value: unknown): unknown[] | undefined => (Array.isArray(value) ? value : undefined);

function numbersOf(value: unknown): number[] | undefined {
  const numbers = elementsOf(value)?.filter((element) => typeof element === "number");
  return numbers === undefined || numbers.length === 0 ? undefined : numbers;
}

function lengthOf(value: unknown): number | undefined {
  if (typeof value === "string" || Array.isArray(value)) return value.length;
  return isJsonMap(value) ? Object.keys(value).length : undefined;
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

/** Functions that a path may end with, as in `${task.output.items.length()}`. Undefined where they make no sense. */
export const PATH_FUNCTIONS: Readonly<Record<string, (value: unknown) => unknown>> = {
  length: lengthOf,
  size: lengthOf,
  keys: (value) => (isJsonMap(value) ? Object.keys(value) : undefined),
  first: (value) => elementsOf(value)?.at(0),
  last: (value) => elementsOf(value)?.at(-1),
  min: (value) => numbersOf(value)?.reduce((least, number) => Math.min(least, number)),
  max: (value) => numbersOf(value)?.reduce((most, number) => Math.max(most, number)),
  sum: (value) => {
    const numbers = numbersOf(value);
    return numbers && sum(numbers);
  },
  avg: (value) => {
    const numbers = numbersOf(value);
    return numbers && sum(numbers) / numbers.length;
  },
};
