import type { Failure } from '../api/client';
import type { Texts } from '../i18n';

export function failureText(texts: Texts, failure: Failure): string {
  switch (failure.kind) {
    case 'network':
      return texts.failureNetwork;
    case 'timeout':
      return texts.failureTimeout;
    case 'no_json':
      return texts.failureJson;
    case 'status':
      if (failure.status === 404 && failure.message === null) {
        return texts.notOffered;
      }
      return failure.message === null ? texts.failureStatus(failure.status) : texts.failureMessage(failure.status, failure.message);
  }
}
