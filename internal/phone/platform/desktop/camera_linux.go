package desktop

import (
	"errors"
	"fmt"
	"image"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/blackjack/webcam"
	"golang.org/x/sys/unix"

	"avow/internal/phone/platform"
)

// NewCamera is the first camera that can be opened. It is found anew at each start, so that one may be plugged in.
func NewCamera() platform.Camera { return &camera{open: openFirst} }

func openFirst() (device, error) {
	nodes, err := filepath.Glob("/dev/video*")
	if err != nil {
		return nil, err
	}
	slices.Sort(nodes)
	worst := error(platform.ErrNoCamera)
	for _, node := range nodes {
		d, err := openNode(node)
		if err == nil {
			return d, nil
		}
		switch { // a camera has several nodes, most of which give no pictures: what can be helped is said
		case errors.Is(err, fs.ErrPermission):
			worst = platform.ErrCameraDenied
		case errors.Is(err, unix.EBUSY):
			worst = platform.ErrCameraBusy
		}
	}
	return nil, worst
}

// video is a camera by Video4Linux.
type video struct {
	cam           *webcam.Webcam
	picture       func(data []byte, w, h int) (image.Image, error)
	width, height int
}

// forms are what is understood, preferred first: most cameras have the larger pictures as JPEG only.
var forms = []struct {
	code    string
	picture func(data []byte, w, h int) (image.Image, error)
}{{"MJPG", mjpeg}, {"YUYV", yuyv}, {"GREY", grey}}

// The picture that is asked for. More is slower to read and rarely shows more.
const (
	width, height = 1280, 720
	waiting       = 4 // frames that the driver may have ready: few, or the oldest is old
)

func openNode(node string) (device, error) {
	cam, err := webcam.Open(node)
	if err != nil {
		return nil, err
	}
	v, err := begin(cam)
	if err != nil {
		_ = cam.Close()
		return nil, fmt.Errorf("start %s: %w", node, err)
	}
	return v, nil
}

func begin(cam *webcam.Webcam) (*video, error) {
	offered := cam.GetSupportedFormats()
	for _, f := range forms {
		code := webcam.PixelFormat(uint32(f.code[0]) | uint32(f.code[1])<<8 | uint32(f.code[2])<<16 | uint32(f.code[3])<<24)
		if _, ok := offered[code]; !ok {
			continue
		}
		got, w, h, err := cam.SetImageFormat(code, width, height)
		if err != nil {
			return nil, err
		}
		if got != code || w == 0 || h == 0 || w > 1<<14 || h > 1<<14 {
			continue
		}
		if err := cam.SetBufferCount(waiting); err != nil {
			return nil, err
		}
		if err := cam.StartStreaming(); err != nil {
			return nil, err
		}
		return &video{cam, f.picture, int(w), int(h)}, nil
	}
	return nil, errors.New("no picture that is understood")
}

func (v *video) wait() error {
	err := v.cam.WaitForFrame(1)
	var late *webcam.Timeout
	if errors.As(err, &late) || errors.Is(err, unix.EINTR) {
		return nil
	}
	return err
}

func (v *video) frame() (image.Image, error) {
	data, index, err := v.cam.GetFrame()
	if errors.Is(err, unix.EAGAIN) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	img, err := v.picture(data, v.width, v.height)
	if back := v.cam.ReleaseFrame(index); back != nil {
		return nil, back
	}
	return img, err
}

func (v *video) close() { _ = v.cam.Close() }
