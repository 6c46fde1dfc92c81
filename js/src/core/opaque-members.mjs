// [RED-18]: a model's own data, which is never redacted.
import { opaqueMembers } from './data.mjs';
import { isString } from './json.mjs';

const VALUE = `[A-Za-z0-9+/_-]{${opaqueMembers.min_length},}={0,2}`;
const WHOLE = new RegExp(`^${VALUE}$`);
const NAMES = opaqueMembers.members.map(({ name }) => name).join('|');
const IN_TEXT = new RegExp(`"(${NAMES})"[ \\t\\n\\r]*:[ \\t\\n\\r]*"${VALUE}"`, 'g');
const typesOf = new Map(opaqueMembers.members.map(({ name, types = [] }) => [name, types]));

export function isOpaque(name, value, object) {
  const types = typesOf.get(name);
  return types !== undefined && isString(value) && WHOLE.test(value)
    && (!types.length || types.includes(object.get('type')));
}

/** A text whose parts beside such values are changed. */
export function besideOpaque(text, change) {
  let out = '';
  let end = 0;
  for (const match of text.matchAll(IN_TEXT)) {
    const types = typesOf.get(match[1]);
    if (types.length && !types.some((type) => text.includes(`"${type}"`))) continue;
    out += change(text.slice(end, match.index)) + match[0];
    end = match.index + match[0].length;
  }
  return out + change(text.slice(end));
}
