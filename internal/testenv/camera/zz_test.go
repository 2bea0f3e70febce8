package camera_test
import ("testing";"image";"avow/internal/qr";"avow/internal/testenv/camera")
func TestZ(t *testing.T){
 code := encode(t, registerLink).Image(8)
 for _,sz:=range []image.Point{{640,480},{1280,720}}{ var n [2]int
 for seed:=range uint64(100){ f:=camera.Difficult.Frame(code, image.Rectangle{}, sz, seed)
  for i,e:=range []qr.Effort{qr.EffortFrame,qr.EffortPicture} { if r,err:=qr.Decode(t.Context(),f,qr.Options{Effort:e}); err==nil { if r[0].Text!=registerLink {t.Error("wrong")}; n[i]++ } } }
 t.Log(sz,n)}
}
