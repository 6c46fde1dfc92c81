// [URL-12]: values that a server sends back in a `location`, such as the `state` of OAuth.
import { decoded, splitField } from './query.mjs';

const REDACTED = 'REDACTED';

/** The headers to store, without the volatile values that the request sent. */
export const withoutReturned = (headers, sent) => headers.map(([name, values]) =>
  [name, name === 'location' ? values.map((location) => hidden(location, sent)) : values]);

/** The headers to play, with the volatile values of the request that asks. */
export const withReturned = (headers, sent) => headers.map(([name, value]) =>
  [name, name === 'location' ? shown(value, sent) : value]);

const hidden = (location, sent) => changedQuery(location, (name, written) =>
  (sent.some((field) => field.name === name && field.value === decoded(written)) ? REDACTED : written));

const shown = (location, sent) => changedQuery(location, (name, written) =>
  (written === REDACTED && sent.find((field) => field.name === name)?.written) || written);

function changedQuery(location, change) {
  const [, before, query, after] = /^([^?#]*\?)([^#]*)(.*)$/s.exec(location) ?? [];
  if (query === undefined) return location;
  const changed = (field) => {
    const [name, written] = splitField(field);
    return written === '' ? field : `${name}=${change(decoded(name), written)}`;
  };
  return before + query.split('&').map(changed).join('&') + after;
}
