import { apiBase } from '../api/client';
import { useSettings } from './settings';

export function useApiBase(): string {
  return apiBase(
    useSettings((settings) => settings.apiAddress),
    document.baseURI,
  );
}
