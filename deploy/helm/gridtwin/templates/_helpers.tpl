{{/* A container of one process: ROOT, NAME, ARGS, RESOURCES, and what else it needs as EXTRA. */}}
{{- define "gridtwin.container" -}}
- name: {{ .name }}
  image: {{ if .image }}{{ .image }}{{ else }}{{ with .root.Values.image }}{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.root.Chart.AppVersion }}{{ end }}{{ end }}{{ end }}
  imagePullPolicy: {{ .root.Values.image.pullPolicy }}
  args: {{ toJson .args }}
  env:
    - name: GRIDTWIN_TWIN
      value: {{ .root.Values.twin | quote }}
    - name: PGPASSWORD
      valueFrom:
        secretKeyRef: {name: {{ .root.Values.database.secret }}, key: password}
    {{- with .env }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .envFrom }}
  envFrom:
    - secretRef: {name: {{ . }}}
  {{- end }}
  {{- with .ports }}
  ports: {{ toJson . }}
  {{- end }}
  {{- with .probes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  resources: {{ toJson .resources }}
  securityContext:
    allowPrivilegeEscalation: false
    readOnlyRootFilesystem: true
    capabilities: {drop: [ALL]}
  volumeMounts:
    - {name: scratch, mountPath: /tmp}
    - {name: data, mountPath: /data}
    {{- with .mounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}

{{/* What all pods share. */}}
{{- define "gridtwin.pod" -}}
automountServiceAccountToken: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "gridtwin.volumes" -}}
- {name: scratch, emptyDir: {}}
- {name: data, emptyDir: {}}
{{- end }}

{{- define "gridtwin.labels" -}}
app.kubernetes.io/name: gridtwin
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end }}

{{/* What the server and the process that sends webhooks have in common. */}}
{{- define "gridtwin.webhookEnv" -}}
- name: GRIDTWIN_WEBHOOK_KEY
  valueFrom:
    secretKeyRef: {name: {{ required "webhooks.secret: a secret with the key `key`" .Values.webhooks.secret }}, key: key}
- name: GRIDTWIN_WEBHOOK_NETWORKS
  value: {{ .Values.webhooks.networks | quote }}
{{- end }}
