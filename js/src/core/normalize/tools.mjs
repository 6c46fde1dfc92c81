// [NORM-7] and [NORM-12]: tools and tool choice.
import { canonicalText } from '../canonical.mjs';
import { isObject, isString } from '../json.mjs';
import { cleanedItems, cleanedObject, first, joined, object, renameIn, without, withoutHints } from './members.mjs';

/** `absentStrict`: what an absent `strict` of a function tool says [NORM-25]. */
export function canonicalTools(tools, absentStrict) {
  if (!Array.isArray(tools) || !tools.every(isObject)) return tools;
  return cleanedItems(tools, cleanedObject)
    .map((tool) => functionTool(tool, absentStrict) ?? tool)
    .map((tool) => ({ tool, name: isString(tool.get('name')) ? tool.get('name') : '', text: canonicalText(tool) }))
    .sort((a, b) => compareUnits(a.name, b.name) || compareUnits(a.text, b.text))
    .map(({ tool }) => tool);
}

const compareUnits = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

/** A function tool in its canonical shape; undefined for any other tool. */
function functionTool(tool, absentStrict) {
  const type = tool.get('type') ?? 'function';
  if (type !== 'function' && !(type === 'custom' && tool.has('input_schema'))) return undefined;
  const merged = withFunction(without(tool, 'type'));
  if (!merged || !isString(merged.get('name'))) return undefined;
  if (merged.has('input_schema') && merged.has('parameters')) return undefined;
  renameIn(merged, 'input_schema', 'parameters');
  if (merged.get('strict') === false) merged.delete('strict');
  else if (absentStrict && !merged.has('strict')) merged.set('strict', absentStrict);
  return first(['name', 'description', 'parameters', 'strict'], merged);
}

function withFunction(tool) {
  const inner = tool.get('function');
  if (!isObject(inner)) return tool;
  if (inner.has('type') || inner.has('function')) return undefined;
  return joined(without(tool, 'function'), inner);
}

const WORDS = { auto: 'auto', any: 'any', none: 'none', required: 'any' };
const NOT_IN_FUNCTION = ['type', 'mode', 'function'];
const modeOf = (word) => (isString(word) && Object.hasOwn(WORDS, word) ? WORDS[word] : undefined);

export function canonicalChoice(received) {
  if (isString(received)) {
    const mode = modeOf(received);
    return mode ? object(['mode', mode]) : received;
  }
  if (!isObject(received)) return received;
  const choice = withoutHints(received);
  if (isObject(choice.get('function'))) choice.set('function', withoutHints(choice.get('function')));
  return turned(choice) ?? choice;
}

function turned(choice) {
  const type = choice.get('type');
  if (!choice.has('type')) {
    return choice.get('mode') === 'required' ? first(['mode'], new Map(choice).set('mode', 'any')) : undefined;
  }
  if (choice.has('mode')) return undefined;
  const mode = type === 'tool' ? type : modeOf(type);
  if (mode) return new Map([['mode', mode], ...without(choice, 'type')]);
  if (type !== 'function') return undefined;
  const inner = choice.get('function');
  if (inner === undefined) return toolMode(choice.get('name'), without(choice, 'type', 'name'));
  if (!isObject(inner) || NOT_IN_FUNCTION.some((name) => inner.has(name))) return undefined;
  const members = joined(inner, without(choice, 'type', 'function'));
  return members && toolMode(members.get('name'), without(members, 'name'));
}

export function toolMode(name, rest = new Map()) {
  return isString(name) ? new Map([['mode', 'tool'], ['name', name], ...rest]) : undefined;
}
