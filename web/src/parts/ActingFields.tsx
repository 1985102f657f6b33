import { useActing } from "../state/acting";
import { useMay } from "../state/me";

interface Asked {
  named?: boolean;
  permission?: string;
}

/** Who acts, asked once: fields of a form whose action the server lets nobody else do. */
export function ActingFields({ named = true, permission = "operate" }: Asked) {
  const known = useMay(permission);
  const { token, actor } = useActing();
  if (known) return null; // the server knows who asks
  return (
    <>
      {named && (
        <label>
          Your name
          <input
            className="field"
            autoComplete="off"
            value={actor}
            required
            maxLength={100}
            onChange={(event) => useActing.setState({ actor: event.target.value })}
          />
        </label>
      )}
      <label>
        Operator token
        <input
          className="field"
          type="password"
          autoComplete="off"
          value={token}
          required
          onChange={(event) => useActing.setState({ token: event.target.value })}
        />
      </label>
    </>
  );
}
