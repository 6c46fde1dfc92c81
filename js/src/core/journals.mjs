// [STORE-3], [STORE-5], [STORE-12]: journals of sessions that died.
import { readCassette } from './cassette-read.mjs';
import { END, interactionText } from './cassette-write.mjs';
import { hostText } from './url.mjs';

const RECORD_END = '\n  # end\n';

/** What a journal holds: `{interactions, replaces, home}`; `home` is what it says of itself as a file. */
function readJournal(bytes) {
  const end = bytes.lastIndexOf(RECORD_END);
  if (end < 0) return { interactions: [], replaces: false };
  const whole = Buffer.concat([bytes.subarray(0, end + RECORD_END.length), Buffer.from(END)]);
  const { interactions: read, ...home } = readCassette(whole, { matching: true });
  const replaces = home.extra.get('x-replaces') === true;
  const interactions = (replaces ? read : withoutLastErrors(read)).map((interaction) => ({ ...interaction, home }));
  return { interactions, replaces, home };
}

/** What a session that has not ended well keeps [FAIL-10]. */
export function withoutLastErrors(recorded) {
  const answered = new Set();
  return recorded.toReversed().filter(({ request, response, failure }) => {
    const call = `${request.match_key} ${hostText(request.url)}`;
    if (response && !failure && response.status < 400) answered.add(call);
    return answered.has(call);
  }).toReversed();
}

/** The journals, each with whether it is taken up beside these interactions. */
export function takeUp(journals, present, mode) {
  if (mode === 'none') return journals.map(() => ({ interactions: [], taken: false })); // [STORE-12]
  const texts = new Set(journals.length ? present.map(textOf) : []);
  return journals.map(readJournal).map((journal) => {
    const saved = journal.interactions.length > 0 && journal.interactions.every((item) => texts.has(textOf(item)));
    const taken = mode !== 'all' && !journal.replaces && !saved && journal.interactions.length > 0;
    return { ...journal, saved, taken };
  });
}

/** The text by which an interaction is known again; one of a 2.0 file has none. */
export const textOf = (interaction) => (!interaction.response || interaction.response.stored
  ? interactionText(interaction) : interaction);
