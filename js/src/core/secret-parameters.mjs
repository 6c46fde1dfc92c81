// [URL-10], [RED-28]: parameters of the class secret, and members with names of secrets, that choose the answer.
import { playBody } from './body.mjs';
import { sameList } from './match-names.mjs';

/** The live calls of a session. */
export class SecretParameters {
  constructor() {
    this.calls = [];
    this.named = new Set();
  }

  /**
   * The parameters by which this call got another answer than one before, that were not named yet. `secrets`: lists of
   * a name and a value.
   */
  compare({ host, secrets }, key, { status, stored }) {
    const call = { host, secrets, key, answer: `${status} ${Buffer.concat(playBody(stored)).toString('base64')}` };
    const found = this.calls
      .filter((other) => other.key === key && other.host === host && other.answer !== call.answer)
      .flatMap((other) => differingNames(other.secrets, secrets))
      .filter((name) => !this.named.has(name));
    this.calls.push(call);
    for (const name of found) this.named.add(name);
    return [...new Set(found)];
  }
}

/** The names whose values differ: of each a list of `[name, value]`. */
function differingNames(a, b) {
  const values = (pairs, name) => pairs.filter(([other]) => other === name).map(([, value]) => value);
  const names = new Set([...a, ...b].map(([name]) => name));
  return [...names].filter((name) => !sameList(values(a, name), values(b, name)));
}
