// [MODE-1]: what is done with a request.

/** `file`: absent, incomplete or present; `match`: unplayed, played or none. */
export function actionOf({ mode, file, match, on_exhausted: onExhausted }) {
  if (mode === 'all') return 'record';
  if (file === 'absent') return mode === 'none' ? 'miss' : 'record';
  if (match === 'unplayed') return 'replay';
  if (mode !== 'none' && file === 'incomplete') return 'record';
  if (match === 'played' && onExhausted === 'repeat') return 'repeat';
  return mode === 'new_episodes' ? 'record' : 'miss';
}
