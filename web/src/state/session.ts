/** Who is signed in. */
import { ask, setCsrfToken } from '../api/client';
import { isObject, printable } from '../model/read';
import { useStore } from './store';

/** The answer of POST /api/login and GET /api/session: `{"user":…,"csrf":…}`; user is null for who only looks. */
export function takeSession(answer: unknown, fallback: string | null): void {
  const session = isObject(answer) ? answer : {};
  setCsrfToken(session['csrf']);
  const user = session['user'];
  useStore.setState({ user: typeof user === 'string' ? printable(user) : fallback });
}

/** After the page was loaded anew the cookie is still there, and the rest is asked for. An old server has no sessions.
 *  Where somebody may look without one, the page stays, and the login can be asked for. */
export async function askSession(base: string): Promise<void> {
  const answer = await ask(base, 'api/session');
  if (answer.kind === 'ok') {
    takeSession(answer.data, null);
    const signInOffered = isObject(answer.data) && answer.data['sign_in'] === true;
    useStore.setState({ signInOffered, mayLook: useStore.getState().user === null });
  } else if (answer.kind === 'unauthorized') {
    useStore.setState({ mayLook: false });
  }
}
