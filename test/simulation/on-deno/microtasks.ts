/** Stands in for Bun's module of this name: runs what is awaited as far as it goes, now. Deno keeps it among its internals. */
export function drainMicrotasks(): void {
  const deno: unknown = Reflect.get(globalThis, 'Deno');
  const run = member(member(member(deno, Reflect.get(Object(deno), 'internal')), 'core'), 'runMicrotasks');
  if (typeof run !== 'function') throw new Error('this Deno does not run microtasks when asked');
  run();
}

function member(object: unknown, key: unknown): unknown {
  return typeof key === 'string' || typeof key === 'symbol' ? Reflect.get(Object(object), key) : undefined;
}
