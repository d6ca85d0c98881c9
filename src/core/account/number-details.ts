import type { Health, ShownSettings } from '../api/response.ts';
import { doubled } from './digest-table.ts';
import { createTextPool, listOf, listText, MAX_WORDS } from './text-pool.ts';

/** The figures in the order in which they are kept, three for each number. */
const FIGURES = ['messages', 'success', 'spam'] as const;

/** What a plan does not need of a number: 32 bytes each, for commands that ask for it. */
export function createNumberDetails() {
  const words = createTextPool(MAX_WORDS);
  const tagLists = createTextPool();
  let traffic = new Uint16Array(1024);
  let tags = new Uint32Array(1024);
  let figures = new Float64Array(1024 * FIGURES.length);

  function healthAt(index: number): Health | undefined {
    const figure = (at: number) => {
      const value = figures[index * FIGURES.length + at] as number;
      return Number.isNaN(value) ? null : value;
    };
    const health = { messages: figure(0), success: figure(1), spam: figure(2) };
    return FIGURES.every((name) => health[name] === null) ? undefined : health;
  }

  return {
    makeRoom(index: number): void {
      if (index < traffic.length) return;
      traffic = doubled(traffic);
      tags = doubled(tags);
      figures = doubled(figures);
    },
    set(index: number, shown: ShownSettings): void {
      traffic[index] = words.indexOf(shown.traffic ?? '');
      tags[index] = tagLists.indexOf(listText(shown.tags));
      FIGURES.forEach((name, at) => {
        figures[index * FIGURES.length + at] = shown.health?.[name] ?? Number.NaN;
      });
    },
    /** Adds the details of a number to what is known of it. */
    addTo(shown: ShownSettings, index: number): void {
      const trafficType = words.textAt(traffic[index] as number);
      if (trafficType !== '') shown.traffic = trafficType;
      const list = listOf(tagLists.textAt(tags[index] as number));
      if (list !== undefined) shown.tags = list;
      const health = healthAt(index);
      if (health !== undefined) shown.health = health;
    },
  };
}
