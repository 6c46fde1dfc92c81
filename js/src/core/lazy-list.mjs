// A list whose items are made when they are looked at, and once.

/** `make(i)` gives item `i`. The list is an array like any other. */
export function lazyList(length, make) {
  const list = new Array(length);
  for (let i = 0; i < length; i++) {
    Object.defineProperty(list, i, {
      configurable: true,
      enumerable: true,
      get() {
        const value = make(i);
        Object.defineProperty(list, i, { value, writable: true, configurable: true, enumerable: true });
        return value;
      },
    });
  }
  return list;
}
