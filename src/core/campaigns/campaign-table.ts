import { createDigestTable, type Digest, doubled } from '../account/digest-table.ts';
import { createTextPool } from '../account/text-pool.ts';
import type { ShownCampaign } from '../api/response.ts';
import { type CampaignState, NO_CAMPAIGN } from './campaign.ts';

const UNREAD = 0;
const READ = 1;

/** The campaigns of wanted phone numbers: about 45 bytes for each, and 28 for each other number that a list shows. */
export type CampaignTable = ReturnType<typeof createCampaignTable>;

export function createCampaignTable(digest: Digest) {
  const wanted = createDigestTable(digest);
  let shown = createDigestTable(digest);
  // A campaign and a status as one text, because there are few of them.
  const states = createTextPool();
  let phones = new Float64Array(1024);
  let state = new Uint8Array(1024);
  let value = new Uint32Array(1024);
  let unread = 0;

  function set(index: number, { campaign, status }: NonNullable<CampaignState>): void {
    if (state[index] === UNREAD) unread -= 1;
    state[index] = READ;
    value[index] = states.indexOf(`${campaign} ${status}`);
  }

  function stateAt(index: number): CampaignState {
    if (state[index] !== READ) return null;
    const [campaign = '', status = ''] = states.textAt(value[index] as number).split(' ');
    return { campaign, status };
  }

  return {
    /** Adds a phone number in E.164 whose campaign is to be read, if it is new. */
    addWanted(phoneNumber: string): void {
      const index = wanted.size();
      if (wanted.numberOf(phoneNumber) < index) return;
      if (index === phones.length) [phones, state, value] = [doubled(phones), doubled(state), doubled(value)];
      phones[index] = Number(phoneNumber);
      unread += 1;
    },
    size: wanted.size,
    unread: () => unread,
    /** Takes what a read has shown. */
    addShown(row: ShownCampaign): void {
      shown.numberOf(row.phoneNumber);
      const index = wanted.find(row.phoneNumber);
      if (index >= 0) set(index, row);
    },
    /** A list is read from its beginning. */
    startList(): void {
      shown = createDigestTable(digest);
    },
    /** Distinct phone numbers that the list has shown. */
    countShown: () => shown.size(),
    /** The API has no campaign of a number. What a list has shown of it stays. */
    setNone(phoneNumber: string): void {
      const index = wanted.find(phoneNumber);
      if (index >= 0 && state[index] === UNREAD) set(index, NO_CAMPAIGN);
    },
    /** All campaigns were read: the other numbers are on none. */
    markRestNone(): void {
      for (let index = 0; index < wanted.size(); index++) if (state[index] === UNREAD) set(index, NO_CAMPAIGN);
    },
    /** The wanted phone numbers, each once and in the order in which they were added. */
    *wantedPhones(): Generator<string> {
      for (let index = 0; index < wanted.size(); index++) yield `+${phones[index]}`;
    },
    /** The wanted phone numbers that are unread, as each of them is taken. */
    *unreadPhones(): Generator<string> {
      for (let index = 0; index < wanted.size(); index++) if (state[index] === UNREAD) yield `+${phones[index]}`;
    },
    stateOf: (phoneNumber: string): CampaignState => stateAt(wanted.find(phoneNumber)),
  };
}
