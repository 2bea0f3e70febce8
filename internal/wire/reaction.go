package wire

// NoticeReaction is what a device does about a notice of its account (POST /v1/notices/{id}/react): the reaction that belongs to the notice's kind. To block a restore takes the
// device key alone, so that it works while the app is locked.
type NoticeReaction struct {
	Statement string `json:"statement,omitempty"` // of authn.ReactionBlockDevice: a DeviceCommand with ActBlock about the notice's cause
}
