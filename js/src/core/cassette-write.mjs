// Section 3: a reading of format 2.1 as the text of a file.
import { Num } from './json.mjs';
import { FILE_OPTIONS } from './options.mjs';
import { FlowLine, Quoted, withCanonicalNumbers, writeYaml } from './yaml-write.mjs';

export const END = '...\n';

const number = (value) => new Num(String(value));
const present = (pairs) => new Map(pairs.filter(([, value]) => value !== undefined && value !== false));

/** The text of a whole file. */
export const writeCassette = (reading) => headText(reading) + interactionsText(reading.interactions) + END;

/** The text up to and with `interactions:`; that of a file without any says `[]`. */
export function headText({ match_on: matchOn, options = {}, lists, incomplete, extra = new Map(), interactions }) {
  const head = present([
    ['version', number(2)], ['minor', number(1)], ['match_on', new FlowLine(matchOn)],
    ...FILE_OPTIONS.map((name) => [name, options[name]]),
    ['lists', lists && number(lists)], ['incomplete', incomplete], ...extra,
  ]);
  return `${writeYaml(head)}interactions:${interactions.length ? '' : ' []'}\n`;
}

const interactionsText = (interactions) => interactions.map(interactionText).join('');

/** The text of one interaction, as it stands in the list. */
export function interactionText(interaction) {
  const text = writeYaml(new Map([['i', [interactionMap(interaction)]]]));
  return text.slice(text.indexOf('\n') + 1);
}

function interactionMap(interaction) {
  const {
    request, response, failure, recorded_at: time, recorded_by: by, origin, accepted, redacted, extra = new Map(),
  } = interaction;
  return present([
    ['request', requestMap(request)],
    ['response', response && responseMap(response)],
    ['failure', failure && failureMap(failure)],
    ['recorded_at', time && new Quoted(time)],
    ['recorded_by', by], ['origin', origin], ['accepted', accepted && acceptedMap(accepted)],
    ['redacted', redacted?.length ? redacted : undefined],
    ...extra,
  ]);
}

const failureMap = ({ kind, after_ms: after, extra = new Map() }) =>
  present([['kind', kind], ['after_ms', after === undefined ? undefined : number(after)], ...extra]);

const acceptedMap = ({ at, from_key: key, extra }) =>
  new Map([['at', new Quoted(at)], ['from_key', new Quoted(key)], ...extra]);

function requestMap(request) {
  const { method, url, match_key: key, matched_on: names, headers, digest, dialect, body, extra = new Map() } = request;
  return present([
    ['method', method], ['url', new Quoted(url)], ['match_key', new Quoted(key)], ['matched_on', new FlowLine(names)],
    ['headers', headers?.size ? headers : undefined], ['digest', digest && new Quoted(digest)],
    ['dialect', dialect], ['body', withCanonicalNumbers(body)], ...extra,
  ]);
}

function responseMap({ status, reason, headers, stored, checksum, extra = new Map() }) {
  const { streaming, binary, framing, body, events, tail, layout, truncated, delays_ms: delays, after } = stored;
  const out = present([
    ['status', number(status)], ['reason', reason ?? undefined],
    ['headers', new Map(headers.map(([name, values]) => [name, values.length === 1 ? values[0] : values]))],
  ]);
  out.set('streaming', streaming);
  const rest = present([
    ['binary', binary], ['framing', framing], ['body', body], ['events', events?.map(eventValue)], ['tail', tail],
    ['layout', layout && layoutMap(layout)], ['checksum', checksum && new Quoted(checksum)],
    ['truncated', truncated], ['delays_ms', delays?.map(number)], ['after', after?.map(number)], ...extra,
  ]);
  return new Map([...out, ...rest]);
}

const eventValue = (event) =>
  (typeof event === 'string' ? event
    : new Map([['headers', new Map(event.headers)], ['payload', event.payload], ...event.extra ?? []]));

const layoutMap = ({ whitespace, escape, ascii, final_newline: newline, extra = [] }) => new Map([
  ...present([['whitespace', whitespace], ['escape', escape], ['ascii', ascii], ['final_newline', newline]]), ...extra,
]);
