type Act = (now: number) => void;
type Event = { at: number; order: number; act: Act };

/** The events of a simulation, by time (ms). */
export type Agenda = {
  add: (at: number, act: Act) => void;
  /** Runs all events until then in the order of time, with those that they add. */
  run: (until: number) => void;
};

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** A binary heap: a simulation of an hour has a million events. */
export function createAgenda(): Agenda {
  const heap: Event[] = [];
  let order = 0;

  function next(): Event | undefined {
    const top = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return top;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Event, heap[child] as Event)) child += 1;
      if (!isBefore(heap[child] as Event, last)) break;
      heap[at] = heap[child] as Event;
      at = child;
    }
    heap[at] = last;
    return top;
  }

  return {
    add(time, act) {
      const event = { at: time, order: order++, act };
      let at = heap.length;
      while (at > 0) {
        const up = (at - 1) >> 1;
        if (!isBefore(event, heap[up] as Event)) break;
        heap[at] = heap[up] as Event;
        at = up;
      }
      heap[at] = event;
    },
    run(until) {
      for (let event = next(); event !== undefined && event.at <= until; event = next()) event.act(event.at);
    },
  };
}
