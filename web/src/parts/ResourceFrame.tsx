import { Alert, Button } from 'antd';
import type { ReactNode } from 'react';
import { useTexts } from '../i18n';
import type { Resource } from '../state/resource';
import { failureText } from './failureText';

/** What a view got from the hub, with what went wrong above it; old values are greyed, not dropped. */
export function ResourceFrame<Value>({ resource, children }: { resource: Resource<Value>; children: (value: Value) => ReactNode }) {
  const texts = useTexts();
  const { value, failure, loading, reload } = resource;
  return (
    <>
      {failure !== null && (
        <Alert
          className="view-alert"
          type="warning"
          showIcon
          title={failureText(texts, failure)}
          action={
            <Button size="small" onClick={reload}>
              {texts.retry}
            </Button>
          }
        />
      )}
      {loading && value === null && <p className="quiet">{texts.loading}…</p>}
      {value !== null && <div className={failure === null ? undefined : 'stale'}>{children(value)}</div>}
    </>
  );
}
