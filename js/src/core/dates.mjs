// [HEAD-13]: dates in headers, by RFC 6265 section 5.1.1.
const SEPARATORS = /[\t -/;-@[-`{-~]+/;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const PARTS = {
  time: (token) => /^([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[^0-9][^]*)?$/.exec(token)?.slice(1).map(Number),
  day: (token) => numberOf(/^([0-9]{1,2})(?:[^0-9][^]*)?$/.exec(token)),
  month: (token) => MONTHS.indexOf(token.slice(0, 3).toLowerCase()) + 1 || undefined,
  year: (token) => numberOf(/^([0-9]{2,4})(?:[^0-9][^]*)?$/.exec(token)),
};

const numberOf = (match) => (match ? Number(match[1]) : undefined);

/** The seconds since 1970 that a date means, or undefined. */
export function secondsOf(text) {
  const found = {};
  for (const token of text.split(SEPARATORS).filter(Boolean)) {
    const part = Object.keys(PARTS).find((name) => found[name] === undefined && PARTS[name](token) !== undefined);
    if (part) found[part] = PARTS[part](token);
  }
  if (Object.keys(PARTS).some((name) => found[name] === undefined)) return undefined;
  const { time: [hour, minute, second], day, month } = found;
  const year = found.year + (found.year < 70 ? 2000 : found.year < 100 ? 1900 : 0);
  const moment = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  const isReal = year >= 1601 && moment.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  return isReal ? moment.getTime() / 1000 : undefined;
}
