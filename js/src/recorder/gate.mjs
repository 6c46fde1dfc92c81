// Which cassette a request belongs to: the one that was opened last. Two that are open side by side are refused.
import { AsyncLocalStorage } from 'node:async_hooks';

const stack = [];
const blocks = new AsyncLocalStorage();

/** The cassette that requests belong to now, or undefined. */
export const current = () => stack.at(-1);

/** Opens a cassette inside the one that is open, if the caller runs in its block. */
export function enter(cassette) {
  const open = current();
  if (open && blocks.getStore() !== open) {
    throw new Error(`${cassette.name} cannot be opened while ${open.name} is open: a request could belong to either. `
      + 'Close the first, or open the second inside the block of useCassette of the first.');
  }
  stack.push(cassette);
}

export function leave(cassette) {
  const i = stack.lastIndexOf(cassette);
  if (i >= 0) stack.splice(i, 1);
}

/** Runs a block that belongs to a cassette. */
export const within = (cassette, block) => blocks.run(cassette, block);
