import { Alert, Button, Input } from 'antd';
import { useState } from 'react';
import { ask } from '../api/client';
import { takeSession } from '../state/session';
import { useTexts } from '../i18n';
import { failureText } from '../parts/failureText';
import { useApiBase } from '../state/api';
import { useStore } from '../state/store';

export function Login() {
  const texts = useTexts();
  const base = useApiBase();
  const mayLook = useStore((store) => store.mayLook);
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const signIn = async (): Promise<void> => {
    setBusy(true);
    const answer = await ask(base, 'api/login', { method: 'POST', body: { user, password } });
    setBusy(false);
    if (answer.kind === 'ok') {
      takeSession(answer.data, user);
      useStore.setState({ loginNeeded: false });
      return;
    }
    setPassword('');
    if (answer.kind === 'failed') {
      setProblem(answer.failure.kind === 'status' && answer.failure.status === 429 ? texts.loginMany : failureText(texts, answer.failure));
    } else {
      setProblem(texts.loginWrong);
    }
  };

  return (
    <main className="login" id="content">
      <form
        className="panel"
        aria-labelledby="login-title"
        onSubmit={(event) => {
          event.preventDefault();
          void signIn();
        }}
      >
        <h1 id="login-title">{texts.appName}</h1>
        <p className="quiet">{mayLook ? texts.loginToChange : texts.loginHint}</p>
        {problem !== null && <Alert type="error" title={problem} showIcon />}
        <label htmlFor="login-user">{texts.userName}</label>
        <Input id="login-user" autoComplete="username" required value={user} onChange={(event) => setUser(event.target.value)} />
        <label htmlFor="login-password">{texts.password}</label>
        <Input.Password id="login-password" autoComplete="current-password" required value={password} onChange={(event) => setPassword(event.target.value)} />
        <Button type="primary" htmlType="submit" loading={busy} block>
          {texts.signIn}
        </Button>
        {mayLook && (
          <Button type="text" block onClick={() => useStore.setState({ loginNeeded: false })}>
            {texts.lookOnly}
          </Button>
        )}
      </form>
    </main>
  );
}
