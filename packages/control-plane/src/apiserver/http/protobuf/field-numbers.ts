/**
 * Where the fields of Kubernetes' messages are on the wire, by API group and message: `name:number`, a `?` when a client
 * sends the field only when it is set (a pointer in Go), so that 0 and false mean something; `...Message:number` when the
 * fields of another message stand among the message's own in JSON. The types come from the kinds' schemas. Fields that
 * Drydock does not have are listed, too: they have to be refused by name. Facts of k8s.io/api and apimachinery, 1.35.
 */
const messages: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "io.k8s.api.core.v1": {
    Affinity: "nodeAffinity:1 podAffinity:2 podAntiAffinity:3",
    AppArmorProfile: "type:1 localhostProfile:2?",
    Binding: "metadata:1 target:2",
    Capabilities: "add:1 drop:2",
    ClientIPConfig: "timeoutSeconds:1?",
    ConfigMap: "metadata:1 immutable:4? data:2 binaryData:3",
    ConfigMapEnvSource: "...LocalObjectReference:1 optional:2?",
    ConfigMapKeySelector: "...LocalObjectReference:1 key:2 optional:3?",
    ConfigMapProjection: "...LocalObjectReference:1 items:2 optional:4?",
    ConfigMapVolumeSource: "...LocalObjectReference:1 items:2 defaultMode:3? optional:4? defaultUser:5?",
    Container:
      "name:1 image:2 command:3 args:4 workingDir:5 ports:6 envFrom:19 env:7 resources:8 resizePolicy:23 restartPolicy:24 restartPolicyRules:25 volumeMounts:9 volumeDevices:21 livenessProbe:10 readinessProbe:11 startupProbe:22 lifecycle:12 terminationMessagePath:13 terminationMessagePolicy:20 imagePullPolicy:14 securityContext:15 stdin:16 stdinOnce:17 tty:18",
    ContainerImage: "names:1 sizeBytes:2",
    ContainerPort: "name:1 hostPort:2 containerPort:3 protocol:4 hostIP:5",
    ContainerResizePolicy: "resourceName:1 restartPolicy:2",
    ContainerRestartRule: "action:1 exitCodes:2",
    ContainerRestartRuleOnExitCodes: "operator:1 values:2",
    ContainerState: "waiting:1 running:2 terminated:3",
    ContainerStateRunning: "startedAt:1",
    ContainerStateTerminated: "exitCode:1 signal:2 reason:3 message:4 startedAt:5 finishedAt:6 containerID:7",
    ContainerStateWaiting: "reason:1 message:2",
    ContainerStatus:
      "name:1 state:2 lastState:3 ready:4 restartCount:5 image:6 imageID:7 containerID:8 started:9? allocatedResources:10 resources:11 volumeMounts:12 user:13 allocatedResourcesStatus:14 stopSignal:15",
    DaemonEndpoint: "Port:1",
    DownwardAPIProjection: "items:1",
    DownwardAPIVolumeFile: "path:1 fieldRef:2 resourceFieldRef:3 mode:4? user:5?",
    DownwardAPIVolumeSource: "items:1 defaultMode:2? defaultUser:3?",
    EmptyDirVolumeSource: "medium:1 sizeLimit:2 mode:3?",
    EndpointAddress: "ip:1 hostname:3 nodeName:4? targetRef:2",
    EndpointPort: "name:1 port:2 protocol:3 appProtocol:4?",
    EndpointSubset: "addresses:1 notReadyAddresses:2 ports:3",
    Endpoints: "metadata:1 subsets:2",
    EnvFromSource: "prefix:1 configMapRef:2 secretRef:3",
    EnvVar: "name:1 value:2 valueFrom:3",
    EnvVarSource: "fieldRef:1 resourceFieldRef:2 configMapKeyRef:3 secretKeyRef:4 fileKeyRef:5",
    Event:
      "metadata:1 involvedObject:2 reason:3 message:4 source:5 firstTimestamp:6 lastTimestamp:7 count:8 type:9 eventTime:10 series:11 action:12 related:13 reportingComponent:14 reportingInstance:15",
    EventSeries: "count:1 lastObservedTime:2",
    EventSource: "component:1 host:2",
    EvictionResponder: "name:1 priority:2?",
    ExecAction: "command:1",
    FileKeySelector: "volumeName:1 path:2 key:3 optional:4?",
    GRPCAction: "port:1 service:2? mode:3",
    HTTPGetAction: "path:1 port:2 host:3 scheme:4 httpHeaders:5 protocol:6",
    HTTPHeader: "name:1 value:2",
    HostAlias: "ip:1 hostnames:2",
    HostIP: "ip:1",
    HostPathVolumeSource: "path:1 type:2",
    ImageVolumeSource: "reference:1 pullPolicy:2",
    KeyToPath: "key:1 path:2 mode:3? user:4?",
    Lifecycle: "postStart:1 preStop:2 stopSignal:3",
    LifecycleHandler: "exec:1 httpGet:2 tcpSocket:3 sleep:4",
    LimitRange: "metadata:1 spec:2",
    LimitRangeItem: "type:1 max:2 min:3 default:4 defaultRequest:5 maxLimitRequestRatio:6",
    LimitRangeSpec: "limits:1",
    LoadBalancerIngress: "ip:1 hostname:2 ipMode:3 ports:4",
    LoadBalancerStatus: "ingress:1",
    LocalObjectReference: "name:1",
    Namespace: "metadata:1 spec:2 status:3",
    NamespaceCondition: "type:1 status:2 lastTransitionTime:4 reason:5 message:6",
    NamespaceSpec: "finalizers:1",
    NamespaceStatus: "phase:1 conditions:2",
    Node: "metadata:1 spec:2 status:3",
    NodeAddress: "type:1 address:2",
    NodeAffinity: "requiredDuringSchedulingIgnoredDuringExecution:1 preferredDuringSchedulingIgnoredDuringExecution:2",
    NodeAllocatableMappedResources: "name:1 quantity:2",
    NodeAllocatableOverheadResources: "name:1 perPod:2 perContainer:3",
    NodeAllocatableResourceClaimStatus: "resourceClaimName:1 containers:2 mapping:4 overhead:5",
    NodeCondition: "type:1 status:2 lastHeartbeatTime:3 lastTransitionTime:4 reason:5 message:6",
    NodeDaemonEndpoints: "kubeletEndpoint:1",
    NodePodPreemptionPolicy: "disableResizePreemption:1",
    NodeSelector: "nodeSelectorTerms:1",
    NodeSelectorRequirement: "key:1 operator:2 values:3",
    NodeSelectorTerm: "matchExpressions:1 matchFields:2",
    NodeSpec:
      "podCIDR:1 podCIDRs:7 providerID:3 unschedulable:4 taints:5 configSource:6 externalID:2 podPreemptionPolicy:8",
    NodeStatus:
      "capacity:1 allocatable:2 phase:3 conditions:4 addresses:5 daemonEndpoints:6 nodeInfo:7 images:8 volumesInUse:9 volumesAttached:10 config:11 runtimeHandlers:12 features:13 declaredFeatures:14",
    NodeSystemInfo:
      "machineID:1 systemUUID:2 bootID:3 kernelVersion:4 osImage:5 containerRuntimeVersion:6 kubeletVersion:7 kubeProxyVersion:8 operatingSystem:9 architecture:10 swap:11",
    ObjectFieldSelector: "apiVersion:1 fieldPath:2",
    ObjectReference: "kind:1 namespace:2 name:3 uid:4 apiVersion:5 resourceVersion:6 fieldPath:7",
    PersistentVolumeClaimVolumeSource: "claimName:1 readOnly:2",
    Pod: "metadata:1 spec:2 status:3",
    PodAffinity: "requiredDuringSchedulingIgnoredDuringExecution:1 preferredDuringSchedulingIgnoredDuringExecution:2",
    PodAffinityTerm:
      "labelSelector:1 namespaces:2 topologyKey:3 namespaceSelector:4 matchLabelKeys:5 mismatchLabelKeys:6",
    PodAntiAffinity:
      "requiredDuringSchedulingIgnoredDuringExecution:1 preferredDuringSchedulingIgnoredDuringExecution:2",
    PodCondition: "type:1 observedGeneration:7 status:2 lastProbeTime:3 lastTransitionTime:4 reason:5 message:6",
    PodDNSConfig: "nameservers:1 searches:2 options:3",
    PodDNSConfigOption: "name:1 value:2?",
    PodIP: "ip:1",
    PodOS: "name:1",
    PodReadinessGate: "conditionType:1",
    PodSchedulingGate: "name:1",
    PodSchedulingGroup: "podGroupName:1?",
    PodSecurityContext:
      "seLinuxOptions:1 windowsOptions:8 runAsUser:2? runAsGroup:6? runAsNonRoot:3? supplementalGroups:4 supplementalGroupsPolicy:12 fsGroup:5? sysctls:7 fsGroupChangePolicy:9 seccompProfile:10 appArmorProfile:11 seLinuxChangePolicy:13",
    PodSpec:
      "volumes:1 initContainers:20 containers:2 ephemeralContainers:34 restartPolicy:3 terminationGracePeriodSeconds:4? activeDeadlineSeconds:5? dnsPolicy:6 nodeSelector:7 serviceAccountName:8 serviceAccount:9 automountServiceAccountToken:21? nodeName:10 hostNetwork:11 hostPID:12 hostIPC:13 shareProcessNamespace:27? securityContext:14 imagePullSecrets:15 hostname:16 subdomain:17 affinity:18 schedulerName:19 tolerations:22 hostAliases:23 priorityClassName:24 priority:25? dnsConfig:26 readinessGates:28 runtimeClassName:29? enableServiceLinks:30? preemptionPolicy:31 overhead:32 topologySpreadConstraints:33 setHostnameAsFQDN:35? os:36 hostUsers:37? schedulingGates:38 resourceClaims:39 resources:40 hostnameOverride:41? schedulingGroup:43 evictionResponders:44",
    PodStatus:
      "observedGeneration:17 phase:1 conditions:2 message:3 reason:4 nominatedNodeName:11 hostIP:5 hostIPs:16 podIP:6 podIPs:12 startTime:7 initContainerStatuses:10 containerStatuses:8 qosClass:9 ephemeralContainerStatuses:13 resize:14 resourceClaimStatuses:15 extendedResourceClaimStatus:18 allocatedResources:19 resources:20 nodeAllocatableResourceClaimStatuses:21 volumeHealth:22",
    PodTemplateSpec: "metadata:1 spec:2",
    PodVolumeHealth: "name:1 healthConditions:2 lastTransitionTime:3",
    PortStatus: "port:1 protocol:2 error:3?",
    PreferredSchedulingTerm: "weight:1 preference:2",
    Probe:
      "...ProbeHandler:1 initialDelaySeconds:2 timeoutSeconds:3 periodSeconds:4 successThreshold:5 failureThreshold:6 terminationGracePeriodSeconds:7?",
    ProbeHandler: "exec:1 httpGet:2 tcpSocket:3 grpc:4",
    ProjectedVolumeSource: "sources:1 defaultMode:2? defaultUser:3?",
    ResourceFieldSelector: "containerName:1 resource:2 divisor:3",
    ResourceQuota: "metadata:1 spec:2 status:3",
    ResourceQuotaSpec: "hard:1 scopes:2 scopeSelector:3",
    ResourceQuotaStatus: "hard:1 used:2",
    ResourceRequirements: "limits:1 requests:2 claims:3",
    SELinuxOptions: "user:1 role:2 type:3 level:4",
    ScopeSelector: "matchExpressions:1",
    ScopedResourceSelectorRequirement: "scopeName:1 operator:2 values:3",
    SeccompProfile: "type:1 localhostProfile:2?",
    Secret: "metadata:1 immutable:5? data:2 stringData:4 type:3",
    SecretEnvSource: "...LocalObjectReference:1 optional:2?",
    SecretKeySelector: "...LocalObjectReference:1 key:2 optional:3?",
    SecretProjection: "...LocalObjectReference:1 items:2 optional:4?",
    SecretVolumeSource: "secretName:1 items:2 defaultMode:3? optional:4? defaultUser:5?",
    SecurityContext:
      "capabilities:1 privileged:2? seLinuxOptions:3 windowsOptions:10 runAsUser:4? runAsGroup:8? runAsNonRoot:5? readOnlyRootFilesystem:6? allowPrivilegeEscalation:7? procMount:9 seccompProfile:11 appArmorProfile:12",
    Service: "metadata:1 spec:2 status:3",
    ServiceAccount: "metadata:1 secrets:2 imagePullSecrets:3 automountServiceAccountToken:4?",
    ServiceAccountTokenProjection: "audience:1 expirationSeconds:2? path:3 user:4?",
    ServicePort: "name:1 protocol:2 appProtocol:6? port:3 targetPort:4 nodePort:5",
    ServiceSpec:
      "ports:1 selector:2 clusterIP:3 clusterIPs:18 type:4 externalIPs:5 sessionAffinity:7 loadBalancerIP:8 loadBalancerSourceRanges:9 externalName:10 externalTrafficPolicy:11 healthCheckNodePort:12 publishNotReadyAddresses:13 sessionAffinityConfig:14 ipFamilies:19 ipFamilyPolicy:17 allocateLoadBalancerNodePorts:20? loadBalancerClass:21? internalTrafficPolicy:22 trafficDistribution:23?",
    ServiceStatus: "loadBalancer:1 conditions:2",
    SessionAffinityConfig: "clientIP:1",
    SleepAction: "seconds:1",
    Sysctl: "name:1 value:2",
    TCPSocketAction: "port:1 host:2",
    Taint: "key:1 value:2 effect:3 timeAdded:4",
    Toleration: "key:1 operator:2 value:3 effect:4 tolerationSeconds:5?",
    TopologySpreadConstraint:
      "maxSkew:1 topologyKey:2 whenUnsatisfiable:3 labelSelector:4 minDomains:5? nodeAffinityPolicy:6 nodeTaintsPolicy:7 matchLabelKeys:8",
    Volume: "name:1 ...VolumeSource:2",
    VolumeDevice: "name:1 devicePath:2",
    VolumeHealthCondition: "status:1 reason:2 message:3",
    VolumeMount:
      "name:1 readOnly:2 recursiveReadOnly:7 mountPath:3 subPath:4 mountPropagation:5 subPathExpr:6 bindMountOptions:8",
    VolumeProjection: "secret:1 downwardAPI:2 configMap:3 serviceAccountToken:4 clusterTrustBundle:5 podCertificate:6",
    VolumeSource:
      "hostPath:1 emptyDir:2 gcePersistentDisk:3 awsElasticBlockStore:4 gitRepo:5 secret:6 nfs:7 iscsi:8 glusterfs:9 persistentVolumeClaim:10 rbd:11 flexVolume:12 cinder:13 cephfs:14 flocker:15 downwardAPI:16 fc:17 azureFile:18 configMap:19 vsphereVolume:20 quobyte:21 azureDisk:22 photonPersistentDisk:23 projected:26 portworxVolume:24 scaleIO:25 storageos:27 csi:28 ephemeral:29 image:30",
    WeightedPodAffinityTerm: "weight:1 podAffinityTerm:2",
  },
  "io.k8s.apimachinery.pkg.apis.meta.v1": {
    Condition: "type:1 status:2 observedGeneration:3 lastTransitionTime:4 reason:5 message:6",
    DeleteOptions:
      "gracePeriodSeconds:1? preconditions:2 orphanDependents:3? propagationPolicy:4 dryRun:5 ignoreStoreReadErrorWithClusterBreakingPotential:6?",
    FieldSelectorRequirement: "key:1 operator:2 values:3",
    LabelSelector: "matchLabels:1 matchExpressions:2",
    LabelSelectorRequirement: "key:1 operator:2 values:3",
    ManagedFieldsEntry: "manager:1 operation:2 apiVersion:3 time:4 fieldsType:6 fieldsV1:7 subresource:8",
    ObjectMeta:
      "name:1 generateName:2 namespace:3 selfLink:4 uid:5 resourceVersion:6 generation:7 creationTimestamp:8 deletionTimestamp:9 deletionGracePeriodSeconds:10? labels:11 annotations:12 ownerReferences:13 finalizers:14 managedFields:17",
    OwnerReference: "apiVersion:5 kind:1 name:3 uid:4 controller:6? blockOwnerDeletion:7?",
    Preconditions: "uid:1 resourceVersion:2?",
  },
  "io.k8s.api.rbac.v1": {
    AggregationRule: "clusterRoleSelectors:1",
    ClusterRole: "metadata:1 rules:2 aggregationRule:3",
    ClusterRoleBinding: "metadata:1 subjects:2 roleRef:3",
    PolicyRule: "verbs:1 apiGroups:2 resources:3 resourceNames:4 nonResourceURLs:5",
    Role: "metadata:1 rules:2",
    RoleBinding: "metadata:1 subjects:2 roleRef:3",
    RoleRef: "apiGroup:1 kind:2 name:3",
    Subject: "kind:1 apiGroup:2 name:3 namespace:4",
  },
  "io.k8s.api.coordination.v1": {
    Lease: "metadata:1 spec:2",
    LeaseSpec:
      "holderIdentity:1? leaseDurationSeconds:2? acquireTime:3 renewTime:4 leaseTransitions:5? strategy:6 preferredHolder:7?",
  },
  "io.k8s.api.policy.v1": {
    Eviction: "metadata:1 deleteOptions:2",
    PodDisruptionBudget: "metadata:1 spec:2 status:3",
    PodDisruptionBudgetSpec: "minAvailable:1 selector:2 maxUnavailable:3 unhealthyPodEvictionPolicy:4",
    PodDisruptionBudgetStatus:
      "observedGeneration:1 disruptedPods:2 disruptionsAllowed:3 currentHealthy:4 desiredHealthy:5 expectedPods:6 conditions:7",
  },
  "io.k8s.api.scheduling.v1": {
    PriorityClass: "metadata:1 value:2 globalDefault:3 description:4 preemptionPolicy:5",
  },
  "io.k8s.api.certificates.v1": {
    CertificateSigningRequest: "metadata:1 spec:2 status:3",
    CertificateSigningRequestCondition: "type:1 status:6 reason:2 message:3 lastUpdateTime:4 lastTransitionTime:5",
    CertificateSigningRequestSpec:
      "request:1 signerName:7 expirationSeconds:8? usages:5 username:2 uid:3 groups:4 extra:6",
    CertificateSigningRequestStatus: "conditions:1 certificate:2",
  },
  "io.k8s.api.apps.v1": {
    ControllerRevision: "metadata:1 data:2 revision:3",
  },
  "io.k8s.api.discovery.v1": {
    Endpoint: "addresses:1 conditions:2 hostname:3? targetRef:4 deprecatedTopology:5 nodeName:6? zone:7? hints:8",
    EndpointConditions: "ready:1? serving:2? terminating:3?",
    EndpointHints: "forZones:1 forNodes:2",
    EndpointPort: "name:1? protocol:2 port:3? appProtocol:4?",
    EndpointSlice: "metadata:1 addressType:4 endpoints:2 ports:3",
    ForNode: "name:1",
    ForZone: "name:1",
  },
  "io.k8s.api.autoscaling.v1": {
    Scale: "metadata:1 spec:2 status:3",
    ScaleSpec: "replicas:1",
    ScaleStatus: "replicas:1 selector:2",
  },
  "io.k8s.api.authentication.v1": {
    BoundObjectReference: "kind:1 apiVersion:2 name:3 uid:4",
    SelfSubjectReview: "metadata:1 status:2",
    SelfSubjectReviewStatus: "userInfo:1",
    TokenRequest: "metadata:1 spec:2 status:3",
    TokenRequestSpec: "audiences:1 expirationSeconds:4? boundObjectRef:3 attestations:5",
    TokenRequestStatus: "token:1 expirationTimestamp:2",
    TokenReview: "metadata:1 spec:2 status:3",
    TokenReviewSpec: "token:1 audiences:2",
    TokenReviewStatus: "authenticated:1 user:2 audiences:4 error:3",
    UserInfo: "username:1 uid:2 groups:3 extra:4",
  },
  "io.k8s.api.authorization.v1": {
    FieldSelectorAttributes: "rawSelector:1 requirements:2",
    LabelSelectorAttributes: "rawSelector:1 requirements:2",
    LocalSubjectAccessReview: "metadata:1 spec:2 status:3",
    NonResourceAttributes: "path:1 verb:2",
    NonResourceRule: "verbs:1 nonResourceURLs:2",
    ResourceAttributes:
      "namespace:1 verb:2 group:3 version:4 resource:5 subresource:6 name:7 fieldSelector:8 labelSelector:9",
    ResourceRule: "verbs:1 apiGroups:2 resources:3 resourceNames:4",
    SelfSubjectAccessReview: "metadata:1 spec:2 status:3",
    SelfSubjectAccessReviewSpec: "resourceAttributes:1 nonResourceAttributes:2",
    SelfSubjectRulesReview: "metadata:1 spec:2 status:3",
    SelfSubjectRulesReviewSpec: "namespace:1",
    SubjectAccessReview: "metadata:1 spec:2 status:3",
    SubjectAccessReviewSpec: "resourceAttributes:1 nonResourceAttributes:2 user:3 groups:4 extra:5 uid:6",
    SubjectAccessReviewStatus: "allowed:1 denied:4 reason:2 evaluationError:3",
    SubjectRulesReviewStatus: "resourceRules:1 nonResourceRules:2 incomplete:3 evaluationError:4",
  },
};

export interface WireMember {
  /** The field's name in JSON; the message whose fields these are when `inline`. */
  name: string;
  inline: boolean;
  /** Sent only when set. */
  optional: boolean;
}

const parsed = new Map<string, ReadonlyMap<number, WireMember>>();

/** The fields of a message by their numbers; undefined when its numbers are not known. */
export function membersOf(definition: string): ReadonlyMap<number, WireMember> | undefined {
  const known = parsed.get(definition);
  if (known) return known;
  const dot = definition.lastIndexOf(".");
  const text = messages[definition.slice(0, dot)]?.[definition.slice(dot + 1)];
  if (text === undefined) return undefined;
  const members = new Map<number, WireMember>();
  for (const word of text.split(" ")) {
    const [, dots, name = "", number, mark] = /^(\.\.\.)?(\w+):(\d+)(\??)$/.exec(word) ?? [];
    members.set(Number(number), { name, inline: dots !== undefined, optional: mark === "?" });
  }
  parsed.set(definition, members);
  return members;
}
