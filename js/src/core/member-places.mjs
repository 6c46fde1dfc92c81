// [RED-17], [RED-24]: the places of a JSON value where the name of a member makes its value secret.
import { conversationSecrets } from './data.mjs';

/**
 * A place on the way down a JSON value. `counts`: what makes a string here a secret: '', 'secret' (the place), 'member'
 * (the name) or 'header'. `members`: the places of members by name, '[]' of items. `rest`: that of all others.
 */
function spot(counts, members = new Map(), rest = undefined) {
  const made = { counts, members };
  made.rest = rest ?? made;
  return made;
}

export const EVERYWHERE = spot('member');
export const NOWHERE = spot('');

const PARAMS = spot('member', new Map([['arguments', NOWHERE]]), EVERYWHERE);
const RPC = spot('member', new Map([['params', PARAMS], ['result', NOWHERE]]), EVERYWHERE);

/** The place of an object, by what the object is. */
export const placeOfObject = (place, object) =>
  (place === EVERYWHERE && object.get('jsonrpc') === '2.0' ? RPC : place);

export const below = (place, step) => place.members.get(typeof step === 'number' ? '[]' : step) ?? place.rest;

export const CONVERSATION = spot('', new Map(), NOWHERE);
// The objects that become tools [RED-24.5].
const tools = ['tools[]', ...conversationSecrets.tools.map((row) => row.path)];
const everywhere = (path) =>
  path.startsWith('tools[]') ? tools.map((tool) => tool + path.slice('tools[]'.length)) : [path];
for (const { path, kind } of conversationSecrets.places) {
  for (const each of everywhere(path)) add(each.replaceAll('[]', '.[]').split('.'), kind);
}
CONVERSATION.members.set('context', spot('', new Map(CONVERSATION.members), CONVERSATION.rest));

function add(steps, kind) {
  const last = steps.pop();
  let at = CONVERSATION;
  for (const step of steps) at = member(at, step);
  if (last === '*') at.rest = spot(kind, new Map(), NOWHERE);
  else if (kind === 'inside') member(at, last).rest = EVERYWHERE;
  else if (kind === 'headers') member(at, last).rest = spot('header', new Map(), NOWHERE);
  else member(at, last).counts = kind;
}

function member(place, step) {
  if (!place.members.has(step)) place.members.set(step, spot('', new Map(), NOWHERE));
  return place.members.get(step);
}
