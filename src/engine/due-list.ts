/** Names with the time at which they have to be looked at again, the soonest first: a binary heap. */
export interface DueList {
  readonly add: (name: string, atMs: number) => void;
  /** Takes out all that are due at a time, soonest first. */
  readonly take: (nowMs: number) => readonly string[];
  readonly size: () => number;
  readonly clear: () => void;
}

interface Due {
  readonly name: string;
  readonly atMs: number;
}

/** Makes an empty one. A name may be in it more than once. */
export function createDueList(): DueList {
  const heap: Due[] = [];
  const at = (index: number): number => heap[index]?.atMs ?? Number.POSITIVE_INFINITY;

  function swap(a: number, b: number): void {
    const [one, other] = [heap[a], heap[b]];
    if (one === undefined || other === undefined) return;
    heap[a] = other;
    heap[b] = one;
  }

  function rise(from: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (at(parent) <= at(index)) return;
      swap(parent, index);
      index = parent;
    }
  }

  function sink(): void {
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const child = at(left + 1) < at(left) ? left + 1 : left;
      if (at(index) <= at(child)) return;
      swap(index, child);
      index = child;
    }
  }

  function takeFirst(): Due | undefined {
    const first = heap[0];
    const last = heap.pop();
    if (heap.length > 0 && last !== undefined) {
      heap[0] = last;
      sink();
    }
    return first;
  }

  return {
    add: (name, atMs) => {
      heap.push({ name, atMs });
      rise(heap.length - 1);
    },
    take: (nowMs) => {
      const due: string[] = [];
      while (at(0) <= nowMs) {
        const first = takeFirst();
        if (first !== undefined) due.push(first.name);
      }
      return due;
    },
    size: () => heap.length,
    clear: () => {
      heap.length = 0;
    },
  };
}
